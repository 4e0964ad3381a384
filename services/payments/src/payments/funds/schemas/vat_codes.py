"""The API models of VAT codes and their rates."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from payments.funds.schemas.values import Change, Code, Day, Title, Treatment, Versioned
from payments.shared.schemas import RequestBody

MAX_RATES = 50
_TREATMENT = "What a VAT receipt says: accounted is the payment of an invoice whose VAT was booked before"
_RATES = "From the earliest day on. A line of a payment keeps the rate it was taken with"


class VatRate(BaseModel):
    """The rate of a VAT code from a day on."""

    model_config = ConfigDict(extra="forbid")

    from_date: Day
    basis_points: Annotated[int, Field(ge=0, le=10_000)] | None = Field(
        description="2000 is 20%; null: no VAT at all, such as outside the scope"
    )


def _in_order(rates: list[VatRate]) -> list[VatRate]:
    if len({rate.from_date for rate in rates}) != len(rates):
        raise ValueError("two rates begin on one day")
    return sorted(rates, key=lambda rate: rate.from_date)


Rates = Annotated[list[VatRate], Field(min_length=1, max_length=MAX_RATES), AfterValidator(_in_order)]


class NewVatCode(RequestBody):
    """A VAT code to be added."""

    code: Code = Field(examples=["W0"])
    name: Title = Field(examples=["Standard rate"])
    treatment: Treatment = Field(description=_TREATMENT)
    rates: Rates = Field(description=_RATES)


class VatCodeChange(Change):
    """A change of a VAT code. Its code and treatment stay."""

    name: Title | None = None
    rates: Rates | None = Field(default=None, description="All of them. A rate that has begun stays")

    @model_validator(mode="after")
    def _keeps_what_it_must_have(self) -> Self:
        self.reject_nulls()
        return self


class VatCode(Versioned):
    """A VAT code with its rates."""

    code: str
    name: str
    treatment: Treatment = Field(description=_TREATMENT)
    rates: list[VatRate] = Field(description=_RATES)
