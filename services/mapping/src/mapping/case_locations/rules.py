"""What mapping answers about a case, from what it found at its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_AREAS, MOST_ASSETS = 100, 20
_MOST_NAME = 200  # characters
_KINDS = {
    "ward": ("COP", "DIW", "LBW", "MTW", "UTE", "UTW"),
    "county-division": ("CED",),
    "parish": ("CPC",),
    "constituency": ("WMC",),
    "council": ("COI", "CTY", "DIS", "LBO", "LGD", "MTD", "UTA"),
    "lsoa": ("OLF",),
    "msoa": ("OMF",),
}
_KIND_OF_TYPE = {each: kind for kind, types in _KINDS.items() for each in types}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case is, as casework tells it: a point in degrees, a property, a street, or nothing."""

    lon: float | None = None
    lat: float | None = None
    uprn: int | None = None
    usrn: int | None = None

    @property
    def kind(self) -> str:
        """Name what says where it is: the most exact of what is known."""
        if self.lon is not None and self.lat is not None:
            return "point"
        if self.uprn is not None:
            return "property"
        return "none" if self.usrn is None else "street"


def name_kind(area: Mapping[str, Any]) -> str:
    """Name the kind of an area as case types do: ``ward`` of any sort of ward; else its layer's name."""
    return _KIND_OF_TYPE.get(area["type"] or "", str(area["collection"]))


def describe_areas(areas: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Describe the areas of a look-up for the event, the primary one of areas that meet there first."""
    ordered = sorted(areas, key=lambda area: not area["primary"])
    return [
        {
            "collection": area["collection"],
            "kind": name_kind(area),
            "name": str(area["name"])[:_MOST_NAME],
            "code": area["gss"] and str(area["gss"])[:_MOST_NAME],
        }
        for area in ordered[:MOST_AREAS]
    ]


def describe_street(street: Mapping[str, Any] | None, usrn: int | None) -> dict[str, Any] | None:
    """Describe the street of a look-up; one that the case names goes before one that is near."""
    own_usrn = None if usrn is None else str(usrn)
    if street is None or (own_usrn is not None and street["usrn"] != own_usrn):
        return None if own_usrn is None else {"usrn": own_usrn, "name": None, "distance_m": None}
    name = street["name"] and str(street["name"])[:_MOST_NAME]
    return {"usrn": street["usrn"], "name": name, "distance_m": street["distance_m"]}


def describe_assets(assets: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Describe the assets near a case, nearest first."""
    return [
        {
            "collection": asset["collection"],
            "id": str(asset["id"])[:_MOST_NAME],
            "label": str(asset["label"])[:_MOST_NAME],
            "distance_m": asset["distance_m"],
        }
        for asset in assets[:MOST_ASSETS]
    ]
