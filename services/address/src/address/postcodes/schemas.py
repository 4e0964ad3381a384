"""postcodes.io's parameters, answers and errors, for the OpenAPI document.

``rules.fields`` writes the answers and ``rules.queries`` parses the parameters: a list of a hundred postcodes
has six thousand fields, nearly all of them null.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field, create_model

from address.postcodes.rules.fields import CODES, DISTANCE, FIELDS
from address.postcodes.rules.queries import MAX_QUERY

MAX_CALLBACK = 64
MAX_FILTER = 1_000
_MAX_INTEGER = 999_999_999

_CODE_KINDS: dict[str, Any] = dict.fromkeys(CODES, (str | None, None))
_Codes: Any = create_model(
    "PostcodesIoCodes",
    __doc__="The GSS code of each area; null without data.",
    **_CODE_KINDS,
)
_KINDS: dict[str, Any] = {
    "postcode": (str, Field(examples=["BA1 1LJ"])),
    "quality": (int | None, Field(None, description="Null: there are no data")),
    "eastings": (int | None, Field(description="British National Grid, m")),
    "northings": (int | None, Field(description="British National Grid, m")),
    "country": (str | None, Field(examples=["England"])),
    "longitude": (float | None, Field(description="Degrees, by OSTN15", examples=[-2.360626])),
    "latitude": (float | None, Field(examples=[51.383488])),
    "region": (str | None, Field(description="England only", examples=["South West"])),
    "incode": (str, Field(examples=["1LJ"])),
    "outcode": (str, Field(examples=["BA1"])),
    "admin_district": (str | None, Field(examples=["Bath and North East Somerset"])),
    "date_of_introduction": (str | None, Field(None, description="Null: there are no data")),
    "codes": (_Codes, ...),
    DISTANCE: (float, Field(0, description="Metres; only for a search near a point")),
}
_ALL_KINDS: dict[str, Any] = {name: _KINDS.get(name, (str | None, None)) for name in (*FIELDS, DISTANCE)}
PostcodeBody: Any = create_model(
    "PostcodesIoPostcode",
    __doc__="A postcode. A field without data is null.",
    **_ALL_KINDS,
)


class OutcodeBody(BaseModel):
    """An outcode and the centre of its postcodes. The lists have only known names."""

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
    distance: float = Field(0, description="Metres; only for a search near a point")


class _Ok(BaseModel):
    status: int = Field(examples=[200])


class OnePostcode(_Ok):
    """A postcode; null when there is none."""

    result: PostcodeBody | None


class Postcodes(_Ok):
    """Postcodes; null when there are none."""

    result: list[PostcodeBody] | None = Field(max_length=100)


class Names(_Ok):
    """Postcodes with a beginning; null when there are none."""

    result: list[str] | None = Field(max_length=100)


class Valid(_Ok):
    """Whether the postcode exists."""

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
    """A query as you sent it, and its result; null when nothing was found."""

    query: str | dict[str, Any]
    result: dict[str, Any] | list[dict[str, Any]] | None


class BulkAnswer(_Ok):
    """One item for each query, in order."""

    result: list[BulkItem] = Field(max_length=100)


class PostcodesIoError(BaseModel):
    """The body of every error under this path."""

    status: int = Field(examples=[404])
    error: str = Field(examples=["Postcode not found"])


def _number(name: str, text: str, **kind: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": text, "schema": kind}


def _text(name: str, text: str, longest: int, **kind: Any) -> dict[str, Any]:
    return _number(name, text, type="string", maxLength=longest, **kind)


def _radius(usual: int, widest: int) -> dict[str, Any]:
    text = f"Metres; {usual} by default, {widest} at most"
    return _number("radius", text, type="number", minimum=0, maximum=_MAX_INTEGER)


_PARAMETERS = (
    _text("q", "A postcode or the beginning of one, such as BA1 1", MAX_QUERY),
    _text("query", "The same as q", MAX_QUERY),
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
        "Number of results; 10 by default, 100 at most",
        type="integer",
        minimum=1,
        maximum=_MAX_INTEGER,
    ),
    _text("widesearch", "true: search 20 km wide, for at most ten results", 16),
    _text("filter", "The fields to return, separated by commas", MAX_FILTER),
    _text("outcode", "Only from this outcode, such as BA1", 16),
)
_BY_NAME = {parameter["name"]: parameter for parameter in _PARAMETERS}
_CALLBACK = _text(
    "callback",
    "JSONP: the function to call with the answer. Errors then have status 200 too",
    MAX_CALLBACK,
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
                    "radius": {"type": "number", "minimum": 0, "maximum": _MAX_INTEGER},
                    "limit": {"type": "integer", "minimum": 1, "maximum": _MAX_INTEGER},
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
    """Return query parameters for the OpenAPI document: ``openapi_extra`` of a route."""
    parameters = [_BY_NAME[name] for name in names]
    return {"parameters": [*parameters, *([radius] if radius else []), _CALLBACK]}


class PostcodeArea(BaseModel):
    """An area that most of a postcode's properties are in."""

    kind: str = Field(
        examples=["ward"], description="ward, county-division, parish, constituency, district, county"
    )
    code: str = Field(examples=["E05012445"], description="Its GSS code")
    name: str = Field(examples=["Kingsmead"])


class PostcodeAreas(BaseModel):
    """The areas of a postcode. Without any, the council's map layers have told of none yet."""

    postcode: str = Field(examples=["BA1 1LJ"])
    areas: list[PostcodeArea]
    generation: dict[str, int] = Field(
        description="The version of each map layer that was searched", examples=[{"wards": 3}]
    )
    as_of: datetime | None = Field(description="The moment at which the areas hold")
