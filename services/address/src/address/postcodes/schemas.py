"""postcodes.io as its clients know it: parameters, answers, errors, for the OpenAPI document.

The answers themselves are written by ``rules.postcode_fields`` and the parameters read by
``rules.postcode_queries``: a list of a hundred postcodes has six thousand fields, nearly all of them null.
"""

from typing import Any

from pydantic import BaseModel, Field, create_model

from address.postcodes.rules.fields import CODES, DISTANCE, FIELDS
from address.postcodes.rules.queries import LONGEST_QUERY

LONGEST_CALLBACK = 64
LONGEST_FILTER = 1_000
_MANY = 999_999_999

_CODE_KINDS: dict[str, Any] = dict.fromkeys(CODES, (str | None, None))
_Codes: Any = create_model(
    "PostcodesIoCodes",
    __doc__="The GSS code of each area; null where nobody has told us.",
    **_CODE_KINDS,
)
_KINDS: dict[str, Any] = {
    "postcode": (str, Field(examples=["BA1 1LJ"])),
    "quality": (int | None, Field(None, description="Nobody has told us: null")),
    "eastings": (int | None, Field(description="British National Grid, m")),
    "northings": (int | None, Field(description="British National Grid, m")),
    "country": (str | None, Field(examples=["England"])),
    "longitude": (float | None, Field(description="Degrees, by OSTN15", examples=[-2.360626])),
    "latitude": (float | None, Field(examples=[51.383488])),
    "region": (str | None, Field(description="England only", examples=["South West"])),
    "incode": (str, Field(examples=["1LJ"])),
    "outcode": (str, Field(examples=["BA1"])),
    "admin_district": (str | None, Field(examples=["Bath and North East Somerset"])),
    "date_of_introduction": (str | None, Field(None, description="Nobody has told us: null")),
    "codes": (_Codes, ...),
    DISTANCE: (float, Field(0, description="Metres; only where a point was asked")),
}
_ALL_KINDS: dict[str, Any] = {name: _KINDS.get(name, (str | None, None)) for name in (*FIELDS, DISTANCE)}
PostcodeBody: Any = create_model(
    "PostcodesIoPostcode",
    __doc__="A postcode. A field nobody has told us the value of is null.",
    **_ALL_KINDS,
)


class OutcodeBody(BaseModel):
    """An outcode and the middle of its postcodes. Names nobody has told us are not in the lists."""

    outcode: str = Field(examples=["BA1"])
    longitude: float | None
    latitude: float | None
    northings: int | None
    eastings: int | None
    admin_district: list[str] = Field(examples=[["Bath and North East Somerset"]])
    parish: list[str]
    admin_county: list[str]
    admin_ward: list[str]
    country: list[str] = Field(examples=[["England"]])
    parliamentary_constituency: list[str]
    distance: float = Field(0, description="Metres; only where a point was asked")


class _Ok(BaseModel):
    status: int = Field(examples=[200])


class OnePostcode(_Ok):
    """A postcode; null when there is none to choose from."""

    result: PostcodeBody | None


class Postcodes(_Ok):
    """Postcodes; null when there are none."""

    result: list[PostcodeBody] | None = Field(max_length=100)


class Names(_Ok):
    """Postcodes that begin so; null when none does."""

    result: list[str] | None = Field(max_length=100)


class Valid(_Ok):
    """Whether there is such a postcode."""

    result: bool


class OneOutcode(_Ok):
    """An outcode."""

    result: OutcodeBody


class Outcodes(_Ok):
    """Outcodes; null when there are none."""

    result: list[OutcodeBody] | None = Field(max_length=100)


class Pong(_Ok):
    """The service answers."""

    result: str = Field(examples=["pong"])


class BulkItem(BaseModel):
    """What was asked, as it was asked, and what was found; null when nothing was."""

    query: str | dict[str, Any]
    result: dict[str, Any] | list[dict[str, Any]] | None


class BulkAnswer(_Ok):
    """One item for each that was asked, in order."""

    result: list[BulkItem] = Field(max_length=100)


class PostcodesIoError(BaseModel):
    """The body of every error below this address."""

    status: int = Field(examples=[404])
    error: str = Field(examples=["Postcode not found"])


def _number(name: str, text: str, **kind: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": text, "schema": kind}


def _text(name: str, text: str, longest: int, **kind: Any) -> dict[str, Any]:
    return _number(name, text, type="string", maxLength=longest, **kind)


def _radius(usual: int, widest: int) -> dict[str, Any]:
    text = f"Metres; {usual} unless said, and {widest} where more is said"
    return _number("radius", text, type="number", minimum=0, maximum=_MANY)


_PARAMETERS = (
    _text("q", "A postcode or the beginning of one, such as BA1 1", LONGEST_QUERY),
    _text("query", "The same as q", LONGEST_QUERY),
    *(
        _number(name, "Degrees east of Greenwich, WGS84", type="number", minimum=-180, maximum=180)
        for name in ("lon", "longitude")
    ),
    *(
        _number(name, "Degrees north, WGS84", type="number", minimum=-90, maximum=90)
        for name in ("lat", "latitude")
    ),
    _number(
        "limit",
        "Results; 10 unless said, and 100 where more is said",
        type="integer",
        minimum=1,
        maximum=_MANY,
    ),
    _text("widesearch", "true: look 20 km far, for ten results at most", 16),
    _text("filter", "The fields wanted, with commas between", LONGEST_FILTER),
    _text("outcode", "Only of this outcode, such as BA1", 16),
)
_BY_NAME = {parameter["name"]: parameter for parameter in _PARAMETERS}
_CALLBACK = _text(
    "callback",
    "JSONP: the function to call with the answer, which then has status 200 also for an error",
    LONGEST_CALLBACK,
    pattern="^[A-Za-z_$][A-Za-z0-9_$]*(\\.[A-Za-z_$][A-Za-z0-9_$]*)*$",
)
POSTCODE_RADIUS, OUTCODE_RADIUS = _radius(100, 2_000), _radius(5_000, 25_000)
_BULK = {
    "type": "object",
    "properties": {
        "postcodes": {"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": 100}},
        "geolocations": {
            "type": "array",
            "maxItems": 100,
            "items": {
                "type": "object",
                "required": ["longitude", "latitude"],
                "properties": {
                    "longitude": {"type": "number", "minimum": -180, "maximum": 180},
                    "latitude": {"type": "number", "minimum": -90, "maximum": 90},
                    "radius": {"type": "number", "minimum": 0, "maximum": _MANY},
                    "limit": {"type": "integer", "minimum": 1, "maximum": _MANY},
                    "widesearch": {"type": "boolean"},
                },
            },
        },
    },
    "oneOf": [{"required": ["postcodes"]}, {"required": ["geolocations"]}],
    "example": {"postcodes": ["BA1 1LJ", "fk81ts"]},
}
BULK_BODY = {"required": True, "content": {"application/json": {"schema": _BULK}}}


def documented(*names: str, radius: dict[str, Any] | None = None) -> dict[str, Any]:
    """Query parameters for the OpenAPI document: ``openapi_extra`` of a route."""
    named = [_BY_NAME[name] for name in names]
    return {"parameters": [*named, *([radius] if radius else []), _CALLBACK]}
