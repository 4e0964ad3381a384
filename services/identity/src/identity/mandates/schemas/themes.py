"""The API models of themes."""

from pydantic import BaseModel, Field

from chassis.types import Name
from identity.shared.schemas import RequestBody


class NewTheme(RequestBody):
    """A theme of the council's own, to be created or changed."""

    title: Name = Field(examples=["Allotments"])
    title_cy: Name = Field(description="In Welsh", examples=["Rhandiroedd"])


class Theme(BaseModel):
    """A subject in which a person can let another act for them."""

    name: str = Field(examples=["allotments"])
    title: str
    title_cy: str
    common: bool = Field(description="Every council of the region has this theme; none can change it")
    version: int = Field(description="Rises with every change; also the ETag")


class Themes(BaseModel):
    """A council's themes: those every council has, then its own."""

    items: list[Theme]
