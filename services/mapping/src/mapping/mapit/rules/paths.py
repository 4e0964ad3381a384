"""What stands in MapIt's addresses: numbers, lists, postcodes and extensions."""

import re
from typing import Literal

_NUMBER = r"([+-]?(?:[0-9]*\.)?[0-9]{1,20})"
_PAIR = re.compile(f"{_NUMBER},{_NUMBER}")
_IDS = re.compile(r"[0-9]{1,18}(,[0-9]{1,18})*")
_TYPES = re.compile(r"[A-Z]{3}(,[A-Z]{3})*")
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][ABD-HJLNP-UW-Z]{2})")
_OUTWARD = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")
Form = Literal["json", "geojson", "kml", "wkt", "html", "map.html"]
FORMS: tuple[Form, ...] = ("map.html", "html", "geojson", "json", "kml", "wkt")
PAGES: frozenset[Form] = frozenset({"html", "map.html"})
"""Forms for people: a page, and one with a drawing of the areas."""


def split_form(name: str) -> tuple[str, Form]:
    """Split the last part of an address from its extension; none means JSON."""
    for form in FORMS:
        if name.endswith(f".{form}"):
            return name[: -len(form) - 1], form
    return name, "json"


def parse_pair(text: str) -> tuple[float, float] | None:
    """Parse two numbers with a comma between them."""
    match = _PAIR.fullmatch(text)
    return None if match is None else (float(match[1]), float(match[2]))


def parse_ids(text: str) -> list[int] | None:
    """Parse a list of ids, each once and in its order."""
    return list(dict.fromkeys(map(int, text.split(",")))) if _IDS.fullmatch(text) else None


def parse_types(text: str) -> set[str] | None:
    """Parse a list of kinds of areas."""
    return set(text.split(",")) if _TYPES.fullmatch(text) else None


def parse_postcode(text: str) -> str | None:
    """Write a postcode in capitals with its space; None for what is none."""
    match = _POSTCODE.fullmatch(_pack(text))
    return None if match is None else f"{match[1]} {match[2]}"


def parse_outward(text: str) -> str | None:
    """Find the outward part in a postcode, whole or only its beginning."""
    packed = _pack(text)
    whole = _POSTCODE.fullmatch(packed)
    if whole is not None:
        return whole[1]
    return packed if _OUTWARD.fullmatch(packed) else None


def _pack(text: str) -> str:
    return re.sub(r"[\s+]", "", text).upper()
