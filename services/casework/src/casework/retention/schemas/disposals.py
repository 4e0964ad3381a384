"""Models of the API of disposal lists and certificates."""

from datetime import date
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from casework.cases.schemas import Name
from casework.retention.schemas.holds import Reason
from casework.shared.schemas import RequestBody
from chassis.ids import Id


class NewDisposalList(RequestBody):
    """A list to build."""

    due_by: date | None = Field(
        default=None, description="What is due by this day; today, if you leave it out"
    )
    case_type: Name | None = Field(default=None, description="Cases of this type only")


class DisposalList(BaseModel):
    """A list of cases that are due for disposal."""

    id: Id
    state: Literal["building", "ready", "signed", "done", "withdrawn"]
    due_by: date
    case_type: str | None
    items: int = Field(description="How many cases are on it")
    requested_by: str
    requested_at: AwareDatetime
    signed_by: str | None
    signed_at: AwareDatetime | None
    version: int


class DisposalItem(BaseModel):
    """A case on a list: why it is there, and what became of it."""

    case: Id
    reference: str
    case_type: str
    result: str
    closed_on: date
    due_on: date
    rule: dict[str, Any] = Field(
        description="Counted `from` which day, how many `months`, `then` destroy or archive, by which"
        " `source`; `follows` is the case in which it ended"
    )
    state: Literal["due", "deferred", "on_hold", "not_due", "destroyed", "archived"]
    reason: str | None = Field(description="Why it is kept")
    deferred_until: date | None


class DeferRequest(RequestBody):
    """Keep a case out of a disposal."""

    reason: Reason
    until: date = Field(description="The last day on which it is on no list")


class Certificate(BaseModel):
    """What was disposed of, by whose authority, and when."""

    document: dict[str, Any]
    sha256: str = Field(description="Of the document as RFC 8785 writes it")
    statement: str = Field(description="A JWS of list and digest, signed with the key at `seals/key`")
