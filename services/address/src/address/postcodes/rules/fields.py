"""What postcodes.io says of a postcode and of an outcode: the fields, their order, and their JSON.

A field nobody has told us the value of is null, and a list of names nobody has told us is empty.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

# In the order of postcodes.io's own answers.
FIELDS = (
    "postcode", "quality", "eastings", "northings", "country", "nhs_ha", "longitude", "latitude",
    "european_electoral_region", "primary_care_trust", "region", "lsoa", "msoa", "incode", "outcode",
    "parliamentary_constituency", "parliamentary_constituency_2024", "admin_district", "parish",
    "admin_county", "date_of_introduction", "admin_ward", "ced", "ccg", "nuts", "pfa", "nhs_region", "ttwa",
    "national_park", "bua", "icb", "cancer_alliance", "lsoa11", "msoa11", "lsoa21", "msoa21", "oa21",
    "ruc11", "ruc21", "lep1", "lep2", "codes",
)  # fmt: skip
CODES = (
    "admin_district", "admin_county", "admin_ward", "parish", "parliamentary_constituency",
    "parliamentary_constituency_2024", "ccg", "ccg_id", "ced", "nuts", "lsoa", "msoa", "lau2", "pfa",
    "nhs_region", "ttwa", "national_park", "bua", "icb", "cancer_alliance", "lsoa11", "msoa11", "lsoa21",
    "msoa21", "oa21", "ruc11", "ruc21", "lep1", "lep2",
)  # fmt: skip
OUTCODE_FIELDS = (
    "outcode", "longitude", "latitude", "northings", "eastings", "admin_district", "parish", "admin_county",
    "admin_ward", "country", "parliamentary_constituency",
)  # fmt: skip
DISTANCE = "distance"
_KNOWN = frozenset((
    "postcode", "eastings", "northings", "country", "longitude", "latitude", "region", "incode", "outcode",
    "admin_district", "parish", "admin_ward", DISTANCE,
))  # fmt: skip
_COUNTRIES = {"E": "England", "W": "Wales", "S": "Scotland", "N": "Northern Ireland"}
_MOST_FIELDS = 100  # of a filter

Fields = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Named:
    """An area: its GSS code, and its name where the code lists have it."""

    code: str | None = None
    name: str | None = None


NOWHERE = Named()


@dataclass(frozen=True, slots=True)
class Area:
    """A district, the region it is in (England), and its country; a ward and a parish of it."""

    district: Named
    region: str | None
    ward: Named = NOWHERE
    parish: Named = NOWHERE

    @property
    def country(self) -> str | None:
        return _COUNTRIES.get(self.district.code[0]) if self.district.code else None


@dataclass(frozen=True, slots=True)
class Postcode:
    """A postcode and where it is: metres on the National Grid, degrees; ``distance`` in metres."""

    postcode: str
    easting: int | None
    northing: int | None
    lonlat: tuple[float, float] | None
    area: Area
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class Outcode:
    """An outcode, the middle of its postcodes, and the areas that are known of them."""

    outcode: str
    easting: int | None
    northing: int | None
    lonlat: tuple[float, float] | None
    areas: tuple[Area, ...]
    wards: tuple[Named, ...] = ()
    parishes: tuple[Named, ...] = ()
    distance: float | None = None


def wanted(text: str) -> Fields:
    """The fields a ``filter`` names, in its order; what is no field is passed over. None: all of them."""
    names = dict.fromkeys(text.lower().replace(" ", "").split(",")[:_MOST_FIELDS])
    return tuple(name for name in names if name in FIELDS or name == DISTANCE) if text.strip() else None


def write(found: Postcode, fields: Fields = None) -> str:
    """The postcode as JSON text."""
    outward, _, inward = found.postcode.partition(" ")
    longitude, latitude = _degrees(found.lonlat)
    return _template(fields, found.distance is not None) % {
        "postcode": f'"{found.postcode}"',
        "eastings": _number(found.easting),
        "northings": _number(found.northing),
        "longitude": longitude,
        "latitude": latitude,
        "incode": f'"{inward}"',
        "outcode": f'"{outward}"',
        DISTANCE: _number(found.distance),
        **_names(found.area),
    }


def write_outcode(found: Outcode) -> str:
    """The outcode as JSON text."""
    longitude, latitude = found.lonlat or (None, None)
    body: dict[str, object] = {name: [] for name in OUTCODE_FIELDS} | {
        "outcode": found.outcode,
        "longitude": longitude,
        "latitude": latitude,
        "northings": found.northing,
        "eastings": found.easting,
        "admin_district": _told([area.district.name for area in found.areas]),
        "parish": _told([parish.name for parish in found.parishes]),
        "admin_ward": _told([ward.name for ward in found.wards]),
        "country": _told([area.country for area in found.areas]),
    }
    if found.distance is not None:
        body[DISTANCE] = found.distance
    return json.dumps(body, separators=(",", ":"))


def _told(names: Sequence[str | None]) -> list[str]:
    return sorted({name for name in names if name})


def _degrees(lonlat: tuple[float, float] | None) -> tuple[str, str]:
    return (_number(lonlat[0]), _number(lonlat[1])) if lonlat else ("null", "null")


def _number(value: float | None) -> str:
    return "null" if value is None else repr(value)


@lru_cache(maxsize=16_384)
def _names(area: Area) -> dict[str, str]:
    """What stands in the holes of the template for the areas, as JSON."""
    named = {"admin_district": area.district, "admin_ward": area.ward, "parish": area.parish}
    said = {"country": area.country, "region": area.region}
    for field, one in named.items():
        said |= {field: one.name, f"{field}_code": one.code}
    return {field: json.dumps(value) for field, value in said.items()}


@lru_cache(maxsize=256)
def _template(fields: Fields, away: bool) -> str:  # noqa: FBT001 - positional, for the cache
    names = (*FIELDS, DISTANCE) if fields is None else fields
    shown = [name for name in names if away or name != DISTANCE]
    return "{" + ",".join(f'"{name}":{_hole(name)}' for name in shown) + "}"


def _hole(name: str) -> str:
    if name == "codes":
        told = {code: f"%({code}_code)s" for code in ("admin_district", "admin_ward", "parish")}
        return "{" + ",".join(f'"{code}":{told.get(code, "null")}' for code in CODES) + "}"
    return f"%({name})s" if name in _KNOWN else "null"
