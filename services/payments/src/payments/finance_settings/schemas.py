"""What a council sets, as the API has it."""

from pydantic import Field

from payments.finance_settings.rules.settings import ReconciliationSettings


class Settings(ReconciliationSettings):
    """What a council sets of its reconciliation."""

    version: int = Field(description="Rises with every change; also the ETag; 0: ours, nothing is set")


class NewSettings(ReconciliationSettings):
    """What a council sets. What you leave out is as we set it."""
