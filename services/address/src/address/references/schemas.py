"""The models of references to a property in other registers."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from address.shared.fields import UprnText
from chassis.types import Name, plain

SchemeSlug = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$", min_length=2, max_length=40),
    Field(examples=["waste-round"]),
]
ReferenceText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=50),
    AfterValidator(plain),
    Field(examples=["MON-3"]),
]


class SchemeChange(BaseModel):
    """A scheme as a council wants it. Who leaves out whether it is private means that it is."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    private: bool = Field(default=True, description="Its references need `address:private`")
    many: bool = Field(default=False, description="A property may have several references at once")


class Scheme(SchemeChange):
    """A register that knows properties under references of its own."""

    scheme: SchemeSlug


class Schemes(BaseModel):
    """A council's schemes: those every council has, and its own."""

    items: list[Scheme] = Field(max_length=200)


class ReferenceChange(BaseModel):
    """A reference of a property. Without ``start_date`` it holds from today, or from when it did before."""

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
    """What another register calls a property, and since when."""

    uprn: UprnText
    scheme: str = Field(examples=["waste-round"])
    reference: str = Field(examples=["MON-3"])
    start_date: date
    end_date: date | None


class Referenced(Reference):
    """A property found by its reference."""

    address: str | None = Field(description="Null when the property has no address any more")


class ReferencePast(BaseModel):
    """Who set or ended a reference, and which days it holds then."""

    reference: str
    version: int = Field(ge=1)
    at: datetime
    actor: str
    kind: str = Field(examples=["set", "ended"])
    start_date: date | None
    end_date: date | None
