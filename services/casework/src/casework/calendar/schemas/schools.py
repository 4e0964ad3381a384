"""The API models of admission authorities and their school years."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from casework.calendar.rules.day_calendars import Span
from casework.calendar.rules.school_terms import SchoolYear
from casework.calendar.schemas.values import FIRST_YEAR, Day, Record, Title, Versioned
from casework.shared.schemas import RequestBody

LAST_YEAR = 2039
SchoolYearNumber = Annotated[
    int, Field(ge=FIRST_YEAR, le=LAST_YEAR, description="2026 is the school year from 1 September 2026")
]


class NewAuthority(RequestBody):
    """An admission authority: who sets the terms of its schools."""

    name: Title = Field(examples=["Citytown community schools"])


class AuthorityView(Record):
    """An admission authority."""

    name: str


class Term(BaseModel):
    """A term, or half of one, from its first school day to its last."""

    model_config = ConfigDict(extra="forbid")

    first: Day = Field(examples=["2026-09-03"])
    last: Day = Field(examples=["2026-10-23"])

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.last < self.first:
            raise ValueError("last is before first")
        return self


def _in_order(terms: list[Term]) -> list[Term]:
    return sorted(terms, key=lambda term: term.first)


class SchoolTerms(RequestBody):
    """The terms of a school year. Weekends and bank holidays in them are no school days."""

    terms: Annotated[list[Term], Field(min_length=1, max_length=12), AfterValidator(_in_order)]
    inset_days: Annotated[list[Day], Field(max_length=30), AfterValidator(lambda days: sorted(set(days)))] = (
        Field(default=[], description="Days in a term on which there is no school")
    )

    def to_rule(self, year: int) -> SchoolYear:
        """Make the school year. Raises ValueError for terms that overlap or lie outside it."""
        return SchoolYear(
            year, tuple(Span(term.first, term.last) for term in self.terms), tuple(self.inset_days)
        )

    def to_columns(self) -> dict[str, Any]:
        """Make the columns of its table."""
        terms = [[term.first.isoformat(), term.last.isoformat()] for term in self.terms]
        return {"terms": terms, "inset_days": self.inset_days}


class NewSchoolYear(SchoolTerms):
    """A school year to be loaded."""

    year: SchoolYearNumber


class SchoolYearView(Versioned):
    """A school year with its terms."""

    year: int = Field(examples=[2026])
    name: str = Field(examples=["2026-27"])
    terms: list[Term]
    inset_days: list[Day]


class SchoolYearList(BaseModel):
    """The school years that are loaded, in their order."""

    items: list[SchoolYearView]
