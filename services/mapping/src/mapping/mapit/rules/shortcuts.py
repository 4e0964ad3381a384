"""The ward and the council of a postcode, and its constituencies, for those who want no list of areas."""

from collections.abc import Iterable, Mapping
from typing import Any

from mapping.mapit.rules.words import CONSTITUENCY_TYPES, WARD_TYPES

_TIERS = {"CED": "county", "DIW": "district"}


def find_shortcuts(areas: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Find the shortcuts in the areas of a place; of two tiers, ward and council are of each tier."""
    shortcuts: dict[str, Any] = {}
    for area in areas:
        kind = area["type"]
        if kind in WARD_TYPES:
            shortcuts["ward"], shortcuts["council"] = area["id"], area["parent_area"]
        elif kind in CONSTITUENCY_TYPES:
            shortcuts[kind] = area["id"]
    for area in areas:
        if tier := _TIERS.get(area["type"]):
            _set(shortcuts, "ward", tier, area["id"])
            _set(shortcuts, "council", tier, area["parent_area"])
    return shortcuts


def _set(shortcuts: dict[str, Any], name: str, tier: str, value: int | None) -> None:
    tiers = shortcuts.get(name)
    shortcuts[name] = {**(tiers if isinstance(tiers, dict) else {}), tier: value}
