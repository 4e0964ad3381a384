"""Models of the API of holds."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from casework.cases.schemas import Name, Subject
from casework.shared.schemas import RequestBody
from chassis.ids import Id

Reason = Annotated[
    str,
    StringConstraints(
        min_length=3, max_length=500, strip_whitespace=True, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+$"
    ),
    Field(description="In your own words; it is kept with the records"),
]


class NewHold(RequestBody):
    """A hold of one case, of one person's cases, or of one type's cases."""

    case: Id | None = None
    person: Subject | None = Field(default=None, description="The `sub` of the person whom cases are about")
    case_type: Name | None = None
    reason: Reason

    @model_validator(mode="after")
    def _check_subject(self) -> "NewHold":
        if sum(value is not None for value in (self.case, self.person, self.case_type)) != 1:
            raise ValueError("Give one of case, person and case_type.")
        return self


class Lift(RequestBody):
    """Why a hold is lifted."""

    reason: Reason


class HoldView(BaseModel):
    """A hold."""

    id: Id
    case: Id | None
    person: str | None
    case_type: str | None
    reason: str
    placed_by: str
    placed_at: AwareDatetime
    lifted_by: str | None
    lifted_at: AwareDatetime | None
    lift_reason: str | None
    version: int
