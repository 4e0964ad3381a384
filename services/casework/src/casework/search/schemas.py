"""Models of searches."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, field_validator, model_validator

from casework.cases.schemas import CaseSummary, Fields, Location, Name, Subject, Words
from casework.shared.schemas import RequestBody
from casework.word_index.rules import MOST_QUERY_WORDS, fold_words
from chassis.types import Uprn

_Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]


class CaseSearch(RequestBody):
    """Which cases to find: all of these. Words are in the body, for a URL is kept in logs."""

    words: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description="Words of the case, in any order, without accents or with; the last may be a beginning",
        examples=["milsom street matt"],
    )
    case_type: Name | None = None
    state: Name | None = None
    team: Name | None = None
    assignee: Subject | None = None
    mine: bool = Field(default=False, description="Those that are assigned to you")
    closed: bool | None = Field(default=None, description="Only closed cases, or only open ones")
    overdue: bool = Field(default=False, description="Open, with a deadline that has passed")
    opened_from: _Day | None = Field(default=None, description="The first day, in the United Kingdom")
    opened_until: _Day | None = Field(default=None, description="The last day")

    @field_validator("words")
    @classmethod
    def _has_words(cls, text: str) -> str:
        count = len(list(fold_words(text)))
        if not 1 <= count <= MOST_QUERY_WORDS:
            raise ValueError(f"Give 1 to {MOST_QUERY_WORDS} words of letters or digits; these are {count}.")
        return text


class DuplicateSearch(RequestBody):
    """A case that is not open yet: what it would be about, and where."""

    case_type: Name
    uprn: Uprn | None = None
    location: Location | None = None
    same: Fields = Field(
        default={},
        description='Only cases with these values in their fields: `{"bin": "food"}`.'
        " Fields that are personal, or that one role alone reads, cannot be among them",
    )

    @model_validator(mode="after")
    def _has_place(self) -> "DuplicateSearch":
        if self.uprn is None and self.location is None:
            raise ValueError("Give a uprn or a location: the place decides what is a duplicate.")
        return self


class Likeness(BaseModel):
    """Why a case is likely about the same."""

    reason: str = Field(description="`same_property`, `near` or `same_street`")
    words: Words


class Duplicate(CaseSummary):
    """A case that is likely about the same."""

    metres: int | None = Field(description="How far away it is, if both places are known")
    likeness: list[Likeness]


class Duplicates(BaseModel):
    """Cases that are likely about the same, the likeliest first."""

    items: list[Duplicate]
    searched_from: AwareDatetime = Field(description="Cases that were opened before were not looked at")
    metres: int = Field(description="How far away a case may be, by its case type")
