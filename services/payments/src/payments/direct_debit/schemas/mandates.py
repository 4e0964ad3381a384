"""The API models of service users, mandates and advices."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, SecretStr, StringConstraints, model_validator

from chassis.ids import Id
from chassis.types import reject_control_characters
from payments.funds.schemas.values import Change, Title
from payments.payments.schemas.requests import Metadata, Text254
from payments.shared.schemas import RequestBody

Mode = Literal["sandbox", "live"]
Language = Literal["en", "cy"]
Reference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(reject_control_characters),
    Field(description="Your own reference, unique or not", examples=["CT-800123459"]),
]
ReturnUrl = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, pattern=r"^https?://[\x21-\x7e]+$"),
    Field(description="Where the payer goes when they have signed", examples=["https://example.com/done"]),
]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=255)]


class ServiceUser(BaseModel):
    """The council as a service user of Bacs, at its provider."""

    mode: Mode
    number: str = Field(description="Bacs' service user number; empty: your provider's own")
    statement_name: str = Field(description="What payers see on their bank statement")
    notice_days: int = Field(description="Working days of notice before a charge")
    dormant_months: int = Field(description="Months without a collection after which a mandate expires")
    proof_years: int | None = Field(description="How long proof of authority is kept; null: without end")
    has_access_token: bool
    has_webhook_secret: bool
    notification_url: str = Field(description="The webhook endpoint to set at your provider")
    version: int
    updated_at: datetime


class ServiceUserChange(Change):
    """A change of the service user. A live one needs the token and the secret of your provider."""

    number: Annotated[str, Field(max_length=6, pattern=r"^([0-9]{6})?$")] | None = None
    statement_name: Title | None = None
    notice_days: int | None = Field(default=None, ge=1, le=30, description="Less than 10 only as agreed")
    dormant_months: int | None = Field(default=None, ge=1, le=36)
    proof_years: int | None = Field(default=None, ge=1, le=100)
    access_token: Secret | None = Field(default=None, description="It is kept sealed and never shown")
    webhook_secret: Secret | None = Field(default=None, description="It is kept sealed and never shown")

    @model_validator(mode="after")
    def _keeps_what_it_must_have(self) -> Self:
        self.reject_nulls("proof_years")
        return self


class NewMandate(RequestBody):
    """A mandate to be asked for. You never take bank details: the payer enters them at the provider."""

    reference: Reference
    email: Text254 = Field(description="The payer's, for advance notice", examples=["ann@example.com"])
    return_url: ReturnUrl
    language: Language = "en"
    metadata: Metadata | None = None


class Mandate(BaseModel):
    """A payer's authority to collect from their account."""

    id: Id
    mode: Mode
    state: Literal["pending", "submitted", "active", "suspended", "failed", "cancelled", "expired"]
    hold: str | None = Field(description="Why it is suspended: see the table in the README")
    code: str | None = Field(description="The bank's last reason, such as `ADDACS-2`")
    stops_letters: bool = Field(description="The payer has died: send nothing more")
    reference: str
    language: Language
    metadata: dict[str, Any]
    sign_up_url: str | None = Field(description="The page for the payer; null when there is nothing to sign")
    return_url: str
    statement_name: str = Field(description="What payers see on their bank statement")
    signed_at: datetime | None
    activated_at: datetime | None
    last_charged_on: date | None
    ended_at: datetime | None
    proof_retained_until: date | None = Field(
        description="When the proof of authority is erased; null: never yet"
    )
    version: int
    created_at: datetime
    updated_at: datetime


class BankAdvice(BaseModel):
    """What a bank told about a mandate or a collection."""

    id: Id
    mandate: Id
    collection: Id | None
    action: str
    code: str = Field(description="Report and reason code of Bacs, such as `ARUDD-0`; empty: none")
    meaning: str
    needs_staff: bool = Field(description="Somebody has to look at it")
    occurred_at: datetime
