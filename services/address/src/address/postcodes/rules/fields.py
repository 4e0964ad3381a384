"""Write postcodes and outcodes as postcodes.io JSON: the fields and their order.

A field without data is null, and a list of names without data is empty.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

# In the order of postcodes.io's answers.
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
_AVAILABLE = frozenset((
    "postcode", "eastings", "northings", "country", "longitude", "latitude", "region", "incode", "outcode",
    "admin_district", "parish", "admin_ward", "admin_county", "ced", "parliamentary_constituency", DISTANCE,
))  # fmt: skip
_CODED = ("admin_district", "admin_ward", "parish", "admin_county", "ced", "parliamentary_constituency")
_COUNTRIES = {"E": "England", "W": "Wales", "S": "Scotland", "N": "Northern Ireland"}
_MAX_FIELDS = 100  # of a filter

Fields = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class NamedArea:
    """An area: its GSS code, and its name if the code lists have it."""

    code: str | None = None
    name: str | None = None


NOWHERE = NamedArea()


@dataclass(frozen=True, slots=True)
class Area:
    """A district with its region (England only) and country, and what else a postcode lies in."""

    district: NamedArea
    region: str | None
    ward: NamedArea = NOWHERE
    parish: NamedArea = NOWHERE
    county: NamedArea = NOWHERE
    division: NamedArea = NOWHERE
    constituency: NamedArea = NOWHERE

    @property
    def country(self) -> str | None:
        return _COUNTRIES.get(self.district.code[0]) if self.district.code else None


@dataclass(frozen=True, slots=True)
class Postcode:
    """A postcode and its location: National Grid, degrees, and ``distance`` in metres."""

    postcode: str
    easting: int | None
    northing: int | None
    lonlat: tuple[float, float] | None
    area: Area
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class Outcode:
    """An outcode, the centre of its postcodes, and their known areas."""

    outcode: str
    easting: int | None
    northing: int | None
    lonlat: tuple[float, float] | None
    areas: tuple[Area, ...]
    wards: tuple[NamedArea, ...] = ()
    parishes: tuple[NamedArea, ...] = ()
    distance: float | None = None


def parse_filter(text: str) -> Fields:
    """Parse the fields of a ``filter``, in its order; unknown ones are ignored. None means all."""
    names = dict.fromkeys(text.lower().replace(" ", "").split(",")[:_MAX_FIELDS])
    return tuple(name for name in names if name in FIELDS or name == DISTANCE) if text.strip() else None


def write_postcode(place: Postcode, fields: Fields = None) -> str:
    """Write the postcode as JSON text."""
    outward, _, inward = place.postcode.partition(" ")
    longitude, latitude = _degrees(place.lonlat)
    return _template(fields, place.distance is not None) % {
        "postcode": f'"{place.postcode}"',
        "eastings": _number(place.easting),
        "northings": _number(place.northing),
        "longitude": longitude,
        "latitude": latitude,
        "incode": f'"{inward}"',
        "outcode": f'"{outward}"',
        DISTANCE: _number(place.distance),
        **_area_values(place.area),
    }


def write_outcode(place: Outcode) -> str:
    """Write the outcode as JSON text."""
    longitude, latitude = place.lonlat or (None, None)
    body: dict[str, object] = {name: [] for name in OUTCODE_FIELDS} | {
        "outcode": place.outcode,
        "longitude": longitude,
        "latitude": latitude,
        "northings": place.northing,
        "eastings": place.easting,
        "admin_district": _sorted_names([area.district.name for area in place.areas]),
        "parish": _sorted_names([parish.name for parish in place.parishes]),
        "admin_ward": _sorted_names([ward.name for ward in place.wards]),
        "country": _sorted_names([area.country for area in place.areas]),
    }
    if place.distance is not None:
        body[DISTANCE] = place.distance
    return json.dumps(body, separators=(",", ":"))


def _sorted_names(names: Sequence[str | None]) -> list[str]:
    return sorted({name for name in names if name})


def _degrees(lonlat: tuple[float, float] | None) -> tuple[str, str]:
    return (_number(lonlat[0]), _number(lonlat[1])) if lonlat else ("null", "null")


def _number(value: float | None) -> str:
    return "null" if value is None else repr(value)


@lru_cache(maxsize=16_384)
def _area_values(area: Area) -> dict[str, str]:
    """Return the template's values for the areas, as JSON."""
    areas = {
        "admin_district": area.district,
        "admin_ward": area.ward,
        "parish": area.parish,
        "admin_county": area.county,
        "ced": area.division,
        "parliamentary_constituency": area.constituency,
    }
    values = {"country": area.country, "region": area.region}
    for field, code_name in areas.items():
        values |= {field: code_name.name, f"{field}_code": code_name.code}
    return {field: json.dumps(value) for field, value in values.items()}


@lru_cache(maxsize=256)
def _template(fields: Fields, away: bool) -> str:  # noqa: FBT001 - positional, for the cache
    names = (*FIELDS, DISTANCE) if fields is None else fields
    included = [name for name in names if away or name != DISTANCE]
    return "{" + ",".join(f'"{name}":{_placeholder(name)}' for name in included) + "}"


def _placeholder(name: str) -> str:
    if name == "codes":
        placeholders = {code: f"%({code}_code)s" for code in _CODED}
        return "{" + ",".join(f'"{code}":{placeholders.get(code, "null")}' for code in CODES) + "}"
    return f"%({name})s" if name in _AVAILABLE else "null"
