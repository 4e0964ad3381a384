"""An account's credentials at its processor, as the API has them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

# Visible ASCII only: keys go into a header.
_Secret = Annotated[SecretStr, Field(min_length=16, max_length=255)]


class NewCredentials(BaseModel):
    """What the processor knows the council by. No answer ever has it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    secret_key: _Secret = Field(
        description="The secret key of the merchant account, live: `sk_live_...` or `rk_live_...` of Stripe"
    )
    webhook_secret: _Secret = Field(
        description="The signing secret of the webhook endpoint that you made for `notification_url`"
    )


class AccountCredentials(BaseModel):
    """Which credentials an account has, without them."""

    processor: str = Field(description="The account's processor")
    merchant: str | None = Field(description="The merchant account they are of; null: none are set")
    notification_url: str = Field(description="Have the processor send its webhooks here")
    updated_at: datetime | None = Field(description="When they were set last")
    version: int = Field(description="Rises with every change; also the ETag; 0: none are set")
