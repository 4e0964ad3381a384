"""Schemes: the registers outside the gazetteer that have references of their own to properties."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

PRIVATE_SCOPE = "address:private"
MAX_SCHEMES = 100  # schemes of a council's own


@dataclass(frozen=True, slots=True)
class Scheme:
    """``private``: references lead to people and need a scope. ``many``: a property may have several."""

    name: str
    private: bool
    many: bool


# Business rates: one property may hold several hereditaments. Waste: one round for each kind of bin.
COMMON_SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        "council-tax": Scheme("Council tax", private=True, many=False),
        "business-rates": Scheme("Business rates", private=False, many=True),
        "electoral": Scheme("Electoral register", private=True, many=False),
        "waste-round": Scheme("Waste collection rounds", private=False, many=True),
    }
)
"""The schemes every council has, until it redefines them."""

UNDEFINED = Scheme("", private=True, many=True)
"""A scheme that a loaded file has references in and the council has not defined."""


def merge_schemes(council_schemes: Mapping[str, Scheme]) -> dict[str, Scheme]:
    """Return the council's schemes by slug: the common ones, then its own."""
    return {**COMMON_SCHEMES, **council_schemes}


def readable_slugs(schemes: Mapping[str, Scheme], *, private: bool) -> list[str] | None:
    """List the slugs of schemes that may be read; None for all."""
    return None if private else [slug for slug, scheme in schemes.items() if not scheme.private]
