"""The models of themes."""

from pydantic import BaseModel, Field

from chassis.types import Name
from identity.shared.schemas import RequestBody


class NewTheme(RequestBody):
    """A theme of the council's own, to be made or changed."""

    title: Name = Field(examples=["Allotments"])
    title_cy: Name = Field(description="In Welsh", examples=["Rhandiroedd"])


class Theme(BaseModel):
    """What somebody may be acted for in."""

    name: str = Field(examples=["allotments"])
    title: str
    title_cy: str
    common: bool = Field(description="Every council of the region has it, and none changes it")
    version: int = Field(description="Rises with every change; also the ETag")


class Themes(BaseModel):
    """All of a council's: those every council has, then its own."""

    items: list[Theme]
