"""Models of the API of work on many cases."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from casework.cases.schemas import Assignment, EmailAddress, Name, NewAct
from casework.shared.schemas import RequestBody
from chassis.ids import Id

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]
_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+$"  # lines, without control characters


class BulkItem(RequestBody):
    """A case to act on, at the version that you read."""

    id: Id
    version: int = Field(ge=1, le=2_147_483_647)


class BulkAct(NewAct):
    """What is done to many cases."""

    cases: list[BulkItem] = Field(min_length=1, max_length=100)


class BulkAssignment(Assignment):
    """Who works on many cases."""

    cases: list[BulkItem] = Field(min_length=1, max_length=100)


class BulkOutcome(BaseModel):
    """What became of one case."""

    id: Id
    done: bool
    version: int | None = Field(default=None, description="The case's version after the act")
    status: int | None = Field(default=None, description="What a request for this case alone would answer")
    problem: dict[str, Any] | None = None


class BulkResult(BaseModel):
    """What became of each case, in the order of the request."""

    items: list[BulkOutcome]


class NewNote(RequestBody):
    """What staff write down, or what came in or went out."""

    kind: Literal["note", "correspondence"] = "note"
    direction: Literal["in", "out"] | None = Field(default=None, description="Of correspondence")
    text: Annotated[str, StringConstraints(min_length=1, max_length=10_000, pattern=_TEXT)]
    for_person: bool = Field(
        default=False, description="Of correspondence that went out: the person reads it in their own cases"
    )

    @model_validator(mode="after")
    def _check_direction(self) -> "NewNote":
        if (self.kind == "correspondence") != (self.direction is not None):
            raise ValueError("Correspondence has a direction, in or out; a note has none.")
        if self.for_person and self.direction != "out":
            raise ValueError("Only correspondence that went out is for the person to read.")
        return self


class NewLetter(RequestBody):
    """What staff write to the person whom a case is about: an e-mail, or an SMS without its subject."""

    subject: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
    text: Annotated[str, StringConstraints(min_length=1, max_length=5_000, pattern=_TEXT)]


class Note(BaseModel):
    """A note of a case, or a piece of correspondence."""

    id: Id
    kind: Literal["note", "correspondence"]
    direction: Literal["in", "out"] | None
    text: str
    for_person: bool = Field(description="Whether the person whom the case is about reads it as theirs")
    author: dict[str, str]
    at: AwareDatetime


class QueuedTask(BaseModel):
    """An open task in a queue: nothing of a person."""

    id: Id
    case: Id
    reference: str = Field(examples=["HF7K-2P9Q-XBC"])
    case_type: str
    state: str
    task: str
    role: str
    assignee: str | None
    opened_at: AwareDatetime
    case_due_at: AwareDatetime | None = Field(description="The case's first deadline that runs")


class RoleHolder(RequestBody):
    """The roles of case types in which a member of staff acts."""

    roles: list[Name] = Field(max_length=50)
    email: EmailAddress | None = Field(default=None, description="Where messages to these roles go")
    away_from: Day | None = Field(default=None, description="From this day they are given no case by rule")
    away_until: Day | None = Field(default=None, description="To this day; without, until you say otherwise")

    @model_validator(mode="after")
    def _check_absence(self) -> "RoleHolder":
        if self.away_until is not None and (self.away_from is None or self.away_from > self.away_until):
            raise ValueError("An absence ends no earlier than it begins: give both days.")
        return self
