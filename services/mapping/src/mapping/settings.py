"""What mapping is told from outside, as ``MAPPING_...``."""

from pydantic_settings import SettingsConfigDict

from chassis import settings


class Settings(settings.Settings):
    """Nothing beyond what every service has."""

    model_config = SettingsConfigDict(env_prefix="MAPPING_")
