"""The API models of themes."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from chassis.types import Name, reject_control_characters
from identity.mandates.rules.themes import Level
from identity.shared.schemas import RequestBody

Sentence = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(reject_control_characters),
]
_LEVEL = (
    "How sure both people must be themselves to agree: one factor (`Cl`), two (`Cl.Cm`), or two with an"
    " identity proven to P1 or P2"
)


class NewTheme(RequestBody):
    """A theme of the council's own, to be created or changed."""

    title: Name = Field(examples=["Allotments"])
    title_cy: Name = Field(description="In Welsh", examples=["Rhandiroedd"])
    description: Sentence | None = Field(
        default=None,
        description="What the other person may do, which people read before they agree",
        examples=["See your plot, pay its rent, and give it up."],
    )
    description_cy: Sentence | None = Field(
        default=None,
        description="In Welsh",
        examples=["Gweld eich llain, talu ei rhent, a'i hildio."],
    )
    minimum_level: Level | None = Field(
        default=None, description=f"{_LEVEL}. Never lowered. Without it, what it was; of a new theme, `Cl`"
    )


class ThemeLevel(RequestBody):
    """The level that a common theme needs at the council."""

    minimum_level: Level = Field(description=_LEVEL)


class Theme(BaseModel):
    """A subject in which a person can let another act for them."""

    name: str = Field(examples=["allotments"])
    title: str
    title_cy: str
    description: str | None = None
    description_cy: str | None = None
    minimum_level: str = Field(description=_LEVEL)
    common: bool = Field(
        description="Every council of the region has this theme; none can change more than raise its level"
    )
    version: int = Field(description="Rises with every change; also the ETag")


class Themes(BaseModel):
    """A council's themes: those every council has, then its own."""

    items: list[Theme]
