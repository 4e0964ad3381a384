"""The models of streets."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from address.shared import text
from address.shared.dates import PastDay
from address.shared.fields import UNCHANGED, PlaceName, UsrnIn, UsrnText

StreetName = Annotated[
    str,
    BeforeValidator(
        lambda value: text.normalise_text(value, text.MAX_STREET) if isinstance(value, str) else value
    ),
    StringConstraints(min_length=1, max_length=text.MAX_STREET),
]
OpenState = Annotated[
    Literal[1, 2, 5], Field(description="1 under construction, 2 open, 5 for addressing purposes")
]
StreetClass = Annotated[
    Literal[4, 6, 8, 9, 10],
    Field(description="4 footpath, 6 cycleway, 8 all vehicles, 9 restricted byway, 10 bridleway"),
]
RecordType = Annotated[
    Literal[1, 2, 3, 4, 9],
    Field(description="1 official name, 2 description, 3 numbered, 4 unofficial, 9 under construction"),
]


class NameGiven(BaseModel):
    """A street's name in one language, with locality and town in that language."""

    model_config = ConfigDict(extra="forbid")

    description: StreetName
    locality: PlaceName | None = None
    town: PlaceName | None = None


class NewStreet(NameGiven):
    """A new street. Without a USRN it gets the next one from the council's range."""

    usrn: UsrnIn | None = Field(default=None, description="A USRN that is not and was not in use")
    record_type: RecordType = 1
    state: OpenState = 1
    classification: StreetClass = 8
    welsh: NameGiven | None = None
    gaelic: NameGiven | None = None


class StreetChange(BaseModel):
    """Changes to a street. Leave a field out to keep its value; send ``null`` to empty it."""

    model_config = ConfigDict(extra="forbid")

    description: StreetName = UNCHANGED
    locality: PlaceName | None = UNCHANGED
    town: PlaceName | None = UNCHANGED
    state: OpenState = UNCHANGED
    classification: StreetClass = UNCHANGED
    welsh: NameGiven | None = UNCHANGED
    gaelic: NameGiven | None = UNCHANGED

    def sent_fields(self) -> dict[str, Any]:
        """Return the fields in the request; a name in a language is replaced as a whole."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Closing(BaseModel):
    """The end of a street. Its USRN is never used again."""

    model_config = ConfigDict(extra="forbid")

    end_date: PastDay | None = Field(default=None, description="The day it closed; today if left out")


class StreetNamed(BaseModel):
    """A street's name in one language."""

    description: str
    locality: str | None
    town: str | None


class Street(BaseModel):
    """A street. ``version`` is the ETag; the name outside ``welsh`` and ``gaelic`` is the English one."""

    usrn: UsrnText
    version: int
    description: str | None = Field(examples=["YORK STREET"])
    locality: str | None
    town: str | None = Field(examples=["BATH"])
    welsh: StreetNamed | None
    gaelic: StreetNamed | None
    record_type: int
    state: int | None = Field(description="1 under construction, 2 open, 4 closed, 5 for addressing")
    classification: int | None
    start_date: date | None
    end_date: date | None
