"""What casework is told from outside, as ``CASEWORK_...``."""

from pydantic_settings import SettingsConfigDict

from chassis import settings


class Settings(settings.Settings):
    """Nothing beyond what every service has."""

    model_config = SettingsConfigDict(env_prefix="CASEWORK_")
