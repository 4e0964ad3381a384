"""What a council sets of its reconciliation. Its values name funds by id: codes change."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from payments.finance_settings.rules.layouts import JournalLayout

Days = Annotated[int, Field(ge=0, le=60)]


class OpenDays(BaseModel):
    """Working days after which an item that still stands open is listed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clearing: Days = Field(default=3, description="Captured, and in no payout: late")
    lost: Days = Field(default=10, description="Captured, and in no payout: not captured")
    payout: Days = Field(default=2, description="Paid out, and not seen at the bank after the arrival")
    direct_debit: Days = Field(default=3, description="Collected, and not seen at the bank")
    transit: Days = Field(default=5, description="Banked, and not seen at the bank")


class ReconciliationSettings(BaseModel):
    """What a council sets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: OpenDays = OpenDays()
    journal: JournalLayout = JournalLayout()
