"""The API models of recipes and of what is published."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.ids import Id

Service = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", min_length=2, max_length=40)]
_MOST_CHARACTERS = 20_000


class RecipeFile(BaseModel):
    """Your file of differences, as text."""

    model_config = ConfigDict(extra="forbid")

    differences: Annotated[str, Field(min_length=1, max_length=_MOST_CHARACTERS, description="YAML 1.2")]
    release: str | None = Field(
        default=None,
        pattern=r"^[0-9]{1,3}\.[0-9]{1,3}$",
        max_length=7,
        description="The release that you follow; without it the latest of the major that `extends` names",
    )


class BundleChoice(BaseModel):
    """Which version to publish."""

    model_config = ConfigDict(extra="forbid")

    bundle: Id


class SentRecipe(BaseModel):
    """A version that was checked and prepared. Nothing of it is visible before you publish it."""

    bundle: Id
    service: str
    identifier: str = Field(examples=["garden-waste@1.0+citytown.8c41d0f2"])
    case_type_version: str = Field(description="The version of the case type that its cases run by")
    sent_by: str
    created_at: datetime
    second_person: list[Literal["fee", "stops", "privacy"]] = Field(
        description="What it changes that somebody other than who sent it must publish; empty: nothing"
    )


class PublishedService(BaseModel):
    """What a service shows."""

    service: str
    name: str
    bundle: Id
    identifier: str
    case_type_version: str
    bundle_before: Id | None = Field(description="What `back` would show")
    published_at: datetime
    published_by: str
    version: int = Field(description="Of this record; its ETag")


class Publication(BaseModel):
    """A change of what a service shows: who and when."""

    id: Id
    bundle: Id
    bundle_before: Id | None
    published_at: datetime
    published_by: str
    is_back: bool = Field(description="It went back to what was live before")
