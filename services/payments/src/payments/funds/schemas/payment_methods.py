"""The API models of methods of payment (MOPs)."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from payments.funds.schemas.values import Change, Code, Title, Versioned
from payments.shared.schemas import RequestBody

Flag = Literal[
    "cash", "cheque", "card", "telephone", "direct_debit", "bank", "import", "journal", "transfer_in",
    "transfer_out", "unpaid", "chargeback", "fee", "public", "staff",
]  # fmt: skip
Flags = Annotated[list[Flag], Field(max_length=15), AfterValidator(lambda flags: sorted(set(flags)))]
Least = Annotated[int, Field(ge=0, le=100_000_000_000, description="In pence")]
_DISABLED = "Whether nothing more can be taken by it"


class NewPaymentMethod(RequestBody):
    """A method of payment to be added."""

    code: Code = Field(examples=["90"])
    name: Title = Field(examples=["Card, by the public"])
    flags: Flags = Field(default=[], description="What it is, and who uses it")
    min_amount: Least | None = None
    max_amount: Least | None = None
    disabled: bool = Field(default=False, description=_DISABLED)


class PaymentMethodChange(Change):
    """A change of a method of payment. Its code stays."""

    name: Title | None = None
    flags: Flags | None = None
    min_amount: Least | None = None
    max_amount: Least | None = None
    disabled: bool | None = Field(default=None, description=_DISABLED)

    @model_validator(mode="after")
    def _keeps_what_it_must_have(self) -> Self:
        self.reject_nulls("min_amount", "max_amount")
        return self


class PaymentMethod(Versioned):
    """A method of payment (MOP): how money comes in or goes out."""

    code: str
    name: str
    flags: list[Flag]
    min_amount: int | None
    max_amount: int | None
    disabled: bool = Field(description=_DISABLED)
