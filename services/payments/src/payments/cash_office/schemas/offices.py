"""API models of the places where money is taken."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from chassis.types import reject_control_characters
from payments.cash_office.schemas.values import NewRecord, Pennies, Versioned
from payments.funds.schemas.values import Change, Title

_LIMIT = "Pence that a till may be over or short before a second person must check it"
_CLOSED = "Whether no till is opened there any more"
Address = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(reject_control_characters)
]
VatNumber = Annotated[
    str, StringConstraints(pattern=r"^(GB)?( ?\d){0,12}$", max_length=20, strip_whitespace=True)
]


class NewOffice(NewRecord):
    """A place where money is taken."""

    name: Title = Field(examples=["Civic Centre"])
    address: Address = Field(default="", description="The council's, on VAT receipts")
    vat_number: VatNumber = Field(default="", description="The council's, on VAT receipts")
    difference_limit: Pennies = Field(default=500, description=_LIMIT)


class OfficeChange(Change):
    """A change of an office."""

    name: Title | None = None
    address: Address | None = None
    vat_number: VatNumber | None = None
    difference_limit: Pennies | None = Field(default=None, description=_LIMIT)
    is_closed: bool | None = Field(default=None, description=_CLOSED)


class Office(Versioned):
    """A place where money is taken."""

    name: str
    address: str
    vat_number: str
    difference_limit: int = Field(description=_LIMIT)
    is_closed: bool = Field(description=_CLOSED)
