"""The models of references to a property in other registers."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from address.shared.fields import UprnText
from chassis.types import Name, reject_control_characters

SchemeSlug = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$", min_length=2, max_length=40),
    Field(examples=["waste-round"]),
]
ReferenceText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=50),
    AfterValidator(reject_control_characters),
    Field(examples=["MON-3"]),
]


class SchemeChange(BaseModel):
    """A scheme's definition. A scheme is private unless you say that it is not."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    private: bool = Field(default=True, description="Whether its references need `address:private`")
    many: bool = Field(default=False, description="Whether a property can have several references at once")


class Scheme(SchemeChange):
    """A register with its own references to properties."""

    scheme: SchemeSlug


class Schemes(BaseModel):
    """A council's schemes: those that every council has, and its own."""

    items: list[Scheme] = Field(max_length=200)


class ReferenceChange(BaseModel):
    """A reference of a property. Without ``start_date`` it holds from today, or keeps its start date."""

    model_config = ConfigDict(extra="forbid")

    reference: ReferenceText
    start_date: date | None = None
    end_date: date | None = Field(default=None, description="The first day on which it no longer holds")

    @model_validator(mode="after")
    def _in_order(self) -> "ReferenceChange":
        if self.start_date and self.end_date and self.end_date < self.start_date:
            raise ValueError("end_date lies before start_date")
        return self


class Reference(BaseModel):
    """A property's reference in another register, and its dates."""

    uprn: UprnText
    scheme: str = Field(examples=["waste-round"])
    reference: str = Field(examples=["MON-3"])
    start_date: date
    end_date: date | None


class Referenced(Reference):
    """A property found by its reference."""

    address: str | None = Field(description="Null when the property no longer has an address")


class ReferencePast(BaseModel):
    """A change of a reference: who set or ended it, and its dates after that."""

    reference: str
    version: int = Field(ge=1)
    at: datetime
    actor: str
    kind: str = Field(examples=["set", "ended"])
    start_date: date | None
    end_date: date | None
