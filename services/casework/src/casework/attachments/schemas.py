"""Models of the API of attachments."""

from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from casework.shared.schemas import RequestBody
from chassis.ids import Id
from chassis.types import reject_control_characters

Role = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]
Submission = Annotated[
    str, StringConstraints(min_length=1, max_length=100), AfterValidator(reject_control_characters)
]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000),
    AfterValidator(reject_control_characters),
]


class RedactionRequest(RequestBody):
    """A copy that is shown in place of an attachment."""

    redacted_copy: Id = Field(description="Another attachment of the case, with parts taken out")
    reason: Reason = Field(examples=["It shows a neighbour's number plate."])
    role: Role = Field(description="The role of the case type that may still read the original")


class Redaction(BaseModel):
    """Of what an attachment is the redacted copy, why, and by whom."""

    original: Id
    reason: str
    by: str
    at: AwareDatetime


class Attachment(BaseModel):
    """A file of a case. Its content can be read when it is `clean`."""

    id: Id
    name: str
    media_type: str = Field(description="What the content is, whatever the sender called it")
    size: int = Field(description="Bytes that were sent; a picture is encoded anew, so yours may have less")
    sha256: str = Field(description="Of what was sent, hexadecimal")
    state: str = Field(description="`held` until it is scanned, then `clean`, `infected` or `broken`")
    threat: str | None = Field(description="What the scanner found in an infected file, which is deleted")
    problem: str | None = Field(description="Why a broken file cannot be shown; it is deleted")
    restricted: str | None = Field(description="The one role that may know of it")
    redaction: Redaction | None
    created_by: str
    created_at: AwareDatetime
    version: int
