"""What an account allows, and what it adds for a corporate card."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from payments.shared.money import Spread
from payments.shared.sandbox_cards import CorporateCard

MAX_SURCHARGE = 10_000
"""Pence."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a processor can do, known without asking it. ``minimum_amount``: pence.

    ``hosts_card_page``: payers enter their card on the processor's own page, and we never see it.
    """

    minimum_amount: int = 1
    allows_moto: bool = True
    hosts_card_page: bool = False


class AccountSettings(BaseModel):
    """What a council sets for a gateway account.

    A member that this version does not know is passed over: a newer one may have written it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    minimum_amount: int = Field(
        default=1, ge=1, le=10_000_000, description="Least amount of a payment, in pence"
    )
    allows_zero: bool = Field(default=False, description="Payments of nothing, to save a card")
    allows_moto: bool = Field(default=False, description="Payments by telephone, by a link that staff send")
    allows_moto_api: bool = Field(
        default=False,
        description="`/v1/auth`: card numbers sent by a service. Only in the sandbox, for its test cards, "
        "and only where the installation allows it",
    )
    allows_agreements: bool = Field(default=False, description="Recurring card payments")
    requires_three_d_secure: bool = Field(default=False, description="3-D Secure for every card that has it")
    method: str = Field(
        "90", min_length=1, max_length=20, description="The method of payment of its receipts"
    )
    payment_minutes: int = Field(default=90, ge=5, le=1_440, description="How long a payer has, in minutes")
    capture_hours: int = Field(
        default=120, ge=1, le=168, description="How long a delayed capture may wait, in hours"
    )
    emails_receipts: bool = Field(default=True, description="Receipts to payers who gave an e-mail address")
    vat_number: str = Field(
        default="",
        max_length=11,
        pattern="^(GB[0-9]{9})?$",
        description="The council's, on VAT receipts; without it there are none",
    )
    address: str = Field(default="", max_length=255, description="The council's, on VAT receipts")
    refund_spread: Spread = Field(
        default="last_line_first", description="How a refund that names no lines is spread over them"
    )
    corporate_credit_surcharge: int = Field(
        default=0,
        ge=0,
        le=MAX_SURCHARGE,
        description="Added when a corporate credit card pays on our card page, in pence: what the card costs "
        "you at most (SI 2012/3110, regulation 6A)",
    )
    corporate_debit_surcharge: int = Field(
        default=0, ge=0, le=MAX_SURCHARGE, description="The same for a corporate debit card"
    )

    def find_surcharge(self, card: CorporateCard | None, amount: int) -> int:
        """Find what a card adds to an amount, in pence. Nothing is added to nothing: that saves a card."""
        if card is None or amount == 0:
            return 0
        return self.corporate_credit_surcharge if card == "credit" else self.corporate_debit_surcharge


def find_impossible(settings: AccountSettings, traits: Traits) -> tuple[str, str] | None:
    """Find the first setting that an account's processor cannot have: its name, and what is wrong."""
    if settings.minimum_amount < traits.minimum_amount:
        return "minimum_amount", f"must be at least {traits.minimum_amount}: the processor takes no less"
    if settings.allows_moto and not traits.allows_moto:
        return "allows_moto", "is not possible with this processor"
    if traits.hosts_card_page:
        for name in ("corporate_credit_surcharge", "corporate_debit_surcharge"):
            if getattr(settings, name):
                return name, "must be 0: payers enter their card on the processor's page, which adds none"
    return None
