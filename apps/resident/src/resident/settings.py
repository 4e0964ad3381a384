"""Settings of the residents' pages, from the environment: ``RESIDENT_...``."""

from pathlib import Path

from pydantic import Field, SecretStr
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
    waste_url: str = Field(
        default="",
        description="The waste contractor's feed, councils below it; if empty the layer of rounds answers",
    )
    waste_key: SecretStr = Field(default=SecretStr(""), description="The bearer token that the feed wants")
    vehicle_url: str = Field(
        default="",
        description="DVLA's Vehicle Enquiry API, such as"
        " https://driver-vehicle-licensing.api.gov.uk/vehicle-enquiry",
    )
    vehicle_key: SecretStr = Field(default=SecretStr(""), description="The API key that DVLA gave")
    keeper_url: str = Field(
        default="", description="Where an agreement lets councils check who keeps a vehicle; usually nowhere"
    )
    follow_recipes: bool = Field(
        default=False,
        description="Publish the folder of recipes at the start and whenever a file changes, as on a laptop",
    )
