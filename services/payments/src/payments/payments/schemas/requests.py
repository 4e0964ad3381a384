"""What services send. Source: GOV.UK Pay's published API; ``lines`` is an addition of ours.

Types are strict: Pay refuses a number in quotes. ``payments.payments.routes.errors`` gives refusals Pay's
codes and fields.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    model_validator,
)

from chassis.types import reject_control_characters
from payments.funds.schemas.baskets import NewLine

MAX_AMOUNT = 10_000_000
_MAX_METADATA = 15
_MAX_METADATA_KEY = 30
_MAX_METADATA_VALUE = 100
_MAX_METADATA_NUMBER = 10**18


_Clean = AfterValidator(reject_control_characters)
Text25 = Annotated[str, StringConstraints(strict=True, max_length=25), _Clean]
Text254 = Annotated[str, StringConstraints(strict=True, max_length=254), _Clean]
Text255 = Annotated[str, StringConstraints(strict=True, max_length=255), _Clean]
Text2000 = Annotated[str, StringConstraints(strict=True, max_length=2000), _Clean]
Required255 = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=255), _Clean]


def _check_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    if not 1 <= len(metadata) <= _MAX_METADATA:
        raise ValueError(f"Must have 1 to {_MAX_METADATA} items")
    for key, value in metadata.items():
        if not 1 <= len(key) <= _MAX_METADATA_KEY:
            raise ValueError(f"Keys must have 1 to {_MAX_METADATA_KEY} characters")
        if isinstance(value, str):
            reject_control_characters(value)
        if len(str(value)) > _MAX_METADATA_VALUE:
            raise ValueError(f"Values must be no greater than {_MAX_METADATA_VALUE} characters")
    return metadata


Metadata = Annotated[
    dict[
        str,
        Annotated[str, StringConstraints(max_length=_MAX_METADATA_VALUE)]
        | StrictBool
        | Annotated[StrictInt, Field(ge=-_MAX_METADATA_NUMBER, le=_MAX_METADATA_NUMBER)]
        | Annotated[float, Field(ge=-_MAX_METADATA_NUMBER, le=_MAX_METADATA_NUMBER, allow_inf_nan=False)],
    ],
    AfterValidator(_check_metadata),
    Field(json_schema_extra={"maxProperties": _MAX_METADATA, "minProperties": 1}),
]


class ServiceRequest(BaseModel):
    """What a service sends. Members that nobody knows are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nulls(cls, body: Any) -> Any:
        """Read a null as Pay does: the attribute is missing."""
        if not isinstance(body, dict):
            return body
        return {name: value for name, value in body.items() if value is not None}


class BillingAddress(ServiceRequest):
    """Where the card's holder lives."""

    line1: Text255 | None = None
    line2: Text255 | None = None
    city: Text255 | None = None
    postcode: Text25 | None = None
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$", max_length=2)] | None = None


class PrefilledCardholderDetails(ServiceRequest):
    """What the card page begins with."""

    cardholder_name: Text255 | None = None
    billing_address: BillingAddress | None = None


class CreatePaymentRequest(ServiceRequest):
    """A payment that a service asks for."""

    amount: StrictInt = Field(ge=0, le=MAX_AMOUNT, description="Pence", examples=[12_000])
    reference: Required255 = Field(examples=["GW-2026-000123"])
    description: Required255 = Field(examples=["Garden waste 2026"])
    return_url: Text2000 | None = Field(
        default=None, description="Where the payer comes back to", examples=["https://service.example/paid"]
    )
    language: Literal["en", "cy"] = "en"
    email: Text254 | None = None
    delayed_capture: StrictBool = False
    moto: StrictBool = False
    metadata: Metadata | None = None
    prefilled_cardholder_details: PrefilledCardholderDetails | None = None
    authorisation_mode: Literal["web", "agreement", "moto_api"] = "web"
    set_up_agreement: Annotated[str, StringConstraints(min_length=26, max_length=26)] | None = None
    agreement_id: Annotated[str, StringConstraints(min_length=26, max_length=26)] | None = None
    agreement_payment_type: Literal["instalment", "recurring", "unscheduled"] | None = None
    lines: list[NewLine] | None = Field(
        default=None, min_length=1, max_length=50, description="The basket; the amounts sum to the payment's"
    )


class RefundRequest(ServiceRequest):
    """Money that a service gives back."""

    amount: StrictInt = Field(ge=1, le=MAX_AMOUNT, description="Pence")
    refund_amount_available: StrictInt | None = Field(
        default=None, ge=0, le=MAX_AMOUNT, description="What you take to be available: refused if it is not"
    )
    lines: list["RefundLine"] | None = Field(
        default=None,
        min_length=1,
        max_length=50,
        description="From which lines; spread over them if left out",
    )


class RefundLine(ServiceRequest):
    """A part of a line that is given back."""

    line: StrictInt = Field(ge=1, le=50)
    amount: StrictInt = Field(ge=1, le=MAX_AMOUNT)


class NoBody(ServiceRequest):
    """The body of a request that has none."""
