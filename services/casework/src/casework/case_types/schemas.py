"""The API models of case types."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from casework.documents.rules.prices import Prices
from casework.shared.schemas import RequestBody
from casework.shared.yaml_source import MOST_BYTES
from chassis.ids import Id

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", min_length=2, max_length=50)]
Number = Annotated[str, Field(pattern=r"^[0-9]{1,3}\.[0-9]{1,3}(\.[a-z0-9]{1,16})?$", examples=["1.0"])]
ParameterName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
ParameterValue = bool | Annotated[int, Field(ge=-(10**12), le=10**12)] | Annotated[str, Field(max_length=200)]


class DraftBody(RequestBody):
    """A version of a case type: its text, or one that is there, with your parameters."""

    source: Annotated[
        str | None,
        Field(
            max_length=MOST_BYTES,
            description="YAML. Without it: of the version that your number binds, or of the type that ships",
        ),
    ] = None
    welsh: Annotated[str, Field(max_length=MOST_BYTES, description="The catalogue of its Welsh, as YAML")] = (
        ""
    )
    parameters: dict[ParameterName, ParameterValue] = Field(
        default={}, max_length=40, description="What you set within the type's bounds"
    )
    prices: Prices = Field(default={})


class Text(BaseModel):
    """A text in English and Welsh; Welsh is empty where there is none."""

    en: str
    cy: str


class VersionSummary(BaseModel):
    """A version of a case type."""

    id: Id
    code: str
    number: str
    state: Literal["draft", "published", "retired"]
    name: Text
    parameters: dict[str, Any]
    prices: dict[str, Any] = Field(description="What you charge, by line of the fee; as you sent it")
    digest: str = Field(description="SHA-256 of its compiled content: the same content has the same digest")
    version: int = Field(description="Of this record; its ETag")
    updated_at: datetime


class ParameterView(BaseModel):
    """A parameter that the type declares: what you may set it to, and what says so."""

    type: str
    name: Text
    default: int | str | bool
    minimum: int | None
    maximum: int | None
    unit: str = Field(description="`working_days`, `pence` and so on; empty for a bare number")
    law: bool = Field(description="Whether a statute sets the bounds")
    source: str = Field(description="What sets the bounds; empty where the type does not say")


class DeclaredLine(BaseModel):
    """A line of the fee whose price you may set."""

    name: Text
    by: str = Field(description="The field whose number finds the band; empty: the line has one sum")


class StateView(BaseModel):
    """A state of the type."""

    public: Text
    staff: Text
    end: bool


class VersionView(VersionSummary):
    """A version of a case type, with its text, its states and the JSON Schema of a case's fields."""

    source: str
    welsh: str
    declared_parameters: dict[str, ParameterView]
    declared_lines: dict[str, DeclaredLine]
    states: dict[str, StateView]
    fields_schema: dict[str, Any] = Field(description="JSON Schema of the fields of its cases")


class ShippedType(BaseModel):
    """A case type that ships, as you may bind it: send its number with a name of yours after a point."""

    code: str
    number: str = Field(description="The version its text names", examples=["1.0"])
    name: Text
    digest: str = Field(description="SHA-256 of its compiled content")
    nations: list[str]
    declared_parameters: dict[str, ParameterView]
    declared_lines: dict[str, DeclaredLine]
    fields_schema: dict[str, Any] = Field(description="JSON Schema of the fields of its cases")
