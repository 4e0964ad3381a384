"""What the address service is told from outside: ``ADDRESS_...``."""

from pydantic_settings import SettingsConfigDict

from chassis import settings


class Settings(settings.Settings):
    """Only what every service has."""

    model_config = SettingsConfigDict(env_prefix="ADDRESS_")
