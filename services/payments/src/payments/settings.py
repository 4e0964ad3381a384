"""What payments is told from outside, as ``PAYMENTS_...``."""

from pydantic_settings import SettingsConfigDict

from chassis import settings


class Settings(settings.Settings):
    """Nothing beyond what every service has."""

    model_config = SettingsConfigDict(env_prefix="PAYMENTS_")
