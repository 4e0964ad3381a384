"""The API models of an import: a whole set of council finance data in one request."""

from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator

from payments.funds.schemas.funds import FundMembers
from payments.funds.schemas.payment_methods import NewPaymentMethod
from payments.funds.schemas.reference_rules import NewReferenceRule
from payments.funds.schemas.values import Code, Day, Title
from payments.funds.schemas.vat_codes import NewVatCode
from payments.shared.schemas import RequestBody

MAX_ITEMS = 500
Nation = Literal["england", "northern_ireland", "scotland", "wales"]


class ImportedFund(FundMembers):
    """A fund of an import. It names its rule and VAT code as the import or the council has them."""

    reference_rule: Title | None = Field(default=None, description="A rule's name; null: any reference")
    vat_code: Code = Field(examples=["N0"])
    valid_from: Day | None = Field(default=None, description="By default the day of the import")
    valid_to: Day | None = None


class FinanceSet(RequestBody):
    """Council finance data, or the name of a default set."""

    default: Nation | None = Field(
        default=None,
        description="Take over our set for this nation, whose VAT differs. Then leave out the rest",
    )
    vat_codes: list[NewVatCode] = Field(default=[], max_length=MAX_ITEMS)
    reference_rules: list[NewReferenceRule] = Field(default=[], max_length=MAX_ITEMS)
    payment_methods: list[NewPaymentMethod] = Field(default=[], max_length=MAX_ITEMS)
    funds: list[ImportedFund] = Field(default=[], max_length=MAX_ITEMS)

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        if self.default is not None and self.model_fields_set != {"default"}:
            raise ValueError("give default, or the data themselves")
        if not self.model_fields_set:
            raise ValueError("give default, or some data")
        return self


class Imported(BaseModel):
    """How many of each were added, and were there before: those stay as they are."""

    added: dict[str, int] = Field(examples=[{"vat_codes": 5, "reference_rules": 8, "funds": 12}])
    existing: dict[str, int]
