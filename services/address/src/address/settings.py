"""Settings of the address service: environment variables ``ADDRESS_...``."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis import settings


class Settings(settings.Settings):
    """The settings of every service, and the bounds of batches of matching."""

    model_config = SettingsConfigDict(env_prefix="ADDRESS_")

    batch_days: int = Field(default=14, ge=1, le=366, description="Days until a batch of matching is deleted")
    batches_waiting: int = Field(
        default=10, ge=1, description="Most batches of a council that are not done yet"
    )
    batches_kept: int = Field(default=200, ge=1, description="Most batches of a council, done or not")
