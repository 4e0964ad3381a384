"""The API model of a line of a payment, which the payments domain takes."""

from pydantic import Field

from payments.funds.rules.baskets import RequestedLine
from payments.funds.schemas.values import Amount, IdOrCode, LedgerCode, Narrative, ReferenceText
from payments.shared.schemas import RequestBody


class NewLine(RequestBody):
    """A line of a payment."""

    fund: IdOrCode
    amount: Amount
    reference: ReferenceText = Field(default="", description="Of the bill; the fund's rule says how it looks")
    ledger_code: LedgerCode | None = Field(default=None, description="Instead of the fund's")
    vat_code: IdOrCode | None = Field(default=None, description="Instead of the fund's, where it allows that")
    vat: int | None = Field(
        default=None,
        ge=0,
        le=100_000_000_000,
        description="Your own VAT, in pence: a penny off ours is accepted",
    )
    narrative: Narrative = ""

    def to_rules(self) -> RequestedLine:
        """Convert it to what the rules of a basket check."""
        return RequestedLine(**{name: getattr(self, name) for name in type(self).model_fields})
