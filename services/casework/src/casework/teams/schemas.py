"""Models of teams."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from casework.shared.schemas import RequestBody

Code = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_-]*$", max_length=60)]
_LINE = r"^[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
_Text = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_LINE)]
_Subject = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]


class TeamArea(RequestBody):
    """An area whose cases go to a team."""

    area: _Text = Field(description="Its name or code, as the case's field has it; `*` is any other")
    case_type: Code | None = Field(default=None, description="Of this case type only; without, of any")


class Team(RequestBody):
    """A team: who is in it, and which cases go to it."""

    name: _Text
    members: list[_Subject] = Field(
        max_length=200, description="The `sub` of each, in the order in which they take turns"
    )
    areas: list[TeamArea] = Field(default=[], max_length=500)


class TeamView(BaseModel):
    """A team of a council."""

    code: str
    name: str
    members: list[str]
    areas: list[TeamArea]
    version: int
