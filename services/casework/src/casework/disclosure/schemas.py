"""Models of the API of what is given out of records."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from casework.cases.schemas import EmailAddress, Phone, Subject
from casework.retention.schemas.holds import Reason
from casework.shared.schemas import RequestBody
from chassis.ids import Id
from chassis.types import Uprn

Purpose = Literal["safeguarding", "emergency", "court_order", "investigation", "complaint"]


class BreakGlass(RequestBody):
    """Why somebody reads a case that is not theirs to know of."""

    purpose: Purpose
    reason: Reason


class NewPersonExport(RequestBody):
    """Whose data are put together. Check first that it is they who ask."""

    person: Subject | None = Field(default=None, description="The `sub` of their account")
    email: EmailAddress | None = None
    phone: Phone | None = None
    uprn: Uprn | None = Field(
        default=None, description="Their home: other cases there are named for you to look at, and not given"
    )

    @model_validator(mode="after")
    def _check_person(self) -> "NewPersonExport":
        if self.person is None and self.email is None and self.phone is None:
            raise ValueError("Give person, email or phone: a property alone is nobody.")
        return self


class PersonExport(BaseModel):
    """What was put together about a person."""

    id: Id
    state: Literal["building", "ready"]
    requested_by: str
    requested_at: AwareDatetime
    expires_at: AwareDatetime
    cases: int | None = Field(description="How many cases of theirs are in it")
    size: int | None = Field(description="Bytes of the zip file")
    sha256: str | None
