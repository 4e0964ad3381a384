"""Types of the field's values, each with bounds, so that a hostile value is a 4xx and never a 500."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

SLUG_PATTERN = r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
# Royal Mail PAF Programmers' Guide: outward code (A9, A99, AA9, AA99, A9A, AA9A) and inward code 9AA.
_POSTCODE = re.compile(r"^(GIR ?0AA|[A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][A-Z]{2})?$")


def normalise_postcode(text: str) -> str:
    """Write a postcode in its usual form: ``ba11lj`` -> ``BA1 1LJ``. Raises ValueError for any other text."""
    compact = re.sub(r"\s+", "", text).upper()
    spaced = f"{compact[:-3]} {compact[-3:]}"
    if not 5 <= len(compact) <= 7 or not _POSTCODE.match(spaced):  # noqa: PLR2004 - A9 9AA to AA9A 9AA
        raise ValueError("is not a UK postcode such as BA1 1LJ")
    return spaced


def reject_control_characters(text: str) -> str:
    """Return the text as it is. Raises ValueError for control characters."""
    if _CONTROL.search(text):
        raise ValueError("holds a control character")
    return text


def _normalise(value: object) -> object:
    return normalise_postcode(value) if isinstance(value, str) and len(value) <= 16 else value  # noqa: PLR2004


Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN, min_length=3, max_length=40)]
Uprn = Annotated[int, Field(ge=1, le=999_999_999_999, description="Unique Property Reference Number")]
Usrn = Annotated[int, Field(ge=1, le=99_999_999, description="Unique Street Reference Number")]
Postcode = Annotated[
    str,
    BeforeValidator(_normalise),
    StringConstraints(min_length=6, max_length=8),
    Field(examples=["BA1 1LJ"]),
]
Gss = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z][0-9]{8}$"),
    Field(description="Office for National Statistics code of nine characters"),
]
Pence = Annotated[int, Field(ge=0, le=100_000_000_000, description="Amount in pence")]
Easting = Annotated[
    float,
    Field(
        ge=0, le=700_000, allow_inf_nan=False, description="Easting on the British National Grid, in metres"
    ),
]
Northing = Annotated[
    float,
    Field(
        ge=0,
        le=1_300_000,
        allow_inf_nan=False,
        description="Northing on the British National Grid, in metres",
    ),
]
Limit = Annotated[int, Field(ge=1, le=100)]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(reject_control_characters),
]
