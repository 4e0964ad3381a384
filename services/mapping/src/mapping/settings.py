"""Settings of mapping, from the environment: ``MAPPING_...``."""

from pydantic_settings import SettingsConfigDict

from chassis import settings


class Settings(settings.Settings):
    """The settings that every service has."""

    model_config = SettingsConfigDict(env_prefix="MAPPING_")
