"""Models of workloads."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from casework.cases.schemas import Name
from casework.shared.schemas import RequestBody

_LINE = r"^[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
_AreaName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_LINE)]


class Load(BaseModel):
    """Open cases."""

    open: int
    overdue: int = Field(description="Of them, with a deadline that has passed")
    due_this_week: int = Field(description="Of them, due from now to the end of Sunday")


class TeamLoad(Load):
    """Open cases of a team."""

    team: str | None = Field(description="Null: cases of no team")


class PersonLoad(Load):
    """Open cases of a person."""

    assignee: str | None = Field(description="Null: cases that nobody has")


class Workloads(BaseModel):
    """Open cases by team and by person, those with most first; at most 500 of each."""

    week_ends_on: date
    teams: list[TeamLoad]
    people: list[PersonLoad]


class AssignmentByRule(RequestBody):
    """Who may be given the case."""

    role: Name | None = Field(
        default=None, description="A role that they have; without, any that has something to do now"
    )


class CaseArea(RequestBody):
    """An area that a case is in."""

    kind: Name = Field(examples=["ward"])
    code: _AreaName = Field(examples=["E05001935"])
    name: _AreaName | None = None


class CaseAreas(RequestBody):
    """The areas that a case is in."""

    areas: list[CaseArea] = Field(min_length=1, max_length=20)
