"""Types of the API's fields, with their bounds."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from address.shared import text
from chassis.types import Uprn, Usrn


def _normalised(longest: int) -> BeforeValidator:
    """Normalise text before validation: single spaces, no control characters, a maximum length."""
    return BeforeValidator(
        lambda value: text.normalise_text(value, longest) if isinstance(value, str) else value
    )


def _read_number(value: object) -> object:
    """Read a reference number given as text or as a number."""
    digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 12  # noqa: PLR2004
    return int(str(value)) if digits else value


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


# The default of a field in a change: left out, the field keeps its value.
UNCHANGED: Any = Field(default=None, json_schema_extra=_without_default)
Classification = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,5}$"),
    Field(description="AddressBase classification code", examples=["RD06"]),
]
LogicalStatus = Annotated[
    Literal[1, 6, 8], Field(description="BS 7666: 1 approved, 6 provisional, 8 historic")
]
BlpuState = Annotated[
    Literal[1, 2, 3, 4, 6],
    Field(description="BS 7666: 1 under construction, 2 in use, 3 unoccupied, 4 demolished, 6 planned"),
]
UprnText = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,11}$", examples=["907900112339"])]
UsrnText = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,7}$", examples=["90792217"])]
Organisation = Annotated[
    str,
    _normalised(text.MAX_ORGANISATION),
    StringConstraints(min_length=1, max_length=text.MAX_ORGANISATION),
]
ObjectName = Annotated[
    str, _normalised(text.MAX_NAME), StringConstraints(min_length=1, max_length=text.MAX_NAME)
]
PlaceName = Annotated[
    str, _normalised(text.MAX_PLACE), StringConstraints(min_length=1, max_length=text.MAX_PLACE)
]
BuildingNumber = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,4}[A-Za-z]?(-[0-9]{1,4}[A-Za-z]?)?$"),
    Field(examples=["97", "12A", "12-14"]),
]
UprnIn = Annotated[Uprn, BeforeValidator(_read_number)]
UsrnIn = Annotated[Usrn, BeforeValidator(_read_number)]
