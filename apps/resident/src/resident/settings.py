"""Settings of the residents' pages, from the environment: ``RESIDENT_...``."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import Settings as ChassisSettings


class Settings(ChassisSettings):
    """The settings that every service has, and where the platform and the recipes are."""

    model_config = SettingsConfigDict(env_prefix="RESIDENT_")

    gateway_url: str = Field(
        default="http://127.0.0.1:8000", description="Where the capabilities are reached, all by one gateway"
    )
    clients: Path = Field(
        default=Path("clients.json"), description="JSON file: by council, the credentials of this app"
    )
    recipes: Path = Field(
        default=Path("recipes"), description="Folder of recipes and of councils' differences"
    )
    councils: Path = Field(
        default=Path("councils.json"),
        description="JSON file: by council, what is the same in all its services",
    )
