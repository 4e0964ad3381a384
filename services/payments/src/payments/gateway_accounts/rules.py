"""What an account allows."""

from pydantic import BaseModel, ConfigDict, Field

from payments.shared.money import Spread


class AccountSettings(BaseModel):
    """What a council sets for a gateway account."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    minimum_amount: int = Field(
        default=1, ge=1, le=10_000_000, description="Least amount of a payment, in pence"
    )
    allows_zero: bool = Field(default=False, description="Payments of nothing, to save a card")
    allows_moto: bool = Field(default=False, description="Payments by telephone, by a link that staff send")
    allows_moto_api: bool = Field(default=False, description="`/v1/auth`: card numbers sent by a service")
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
        pattern="^(GB[0-9]{9})?$",
        description="The council's, on VAT receipts; without it there are none",
    )
    address: str = Field(default="", max_length=255, description="The council's, on VAT receipts")
    refund_spread: Spread = Field(
        default="last_line_first", description="How a refund that names no lines is spread over them"
    )
