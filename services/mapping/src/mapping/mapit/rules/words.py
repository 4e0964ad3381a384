"""The codes of MapIt: kinds of areas, of codes and of names, and countries."""

import re

AREA_TYPES = {
    "CED": "County ward",
    "COP": "Parish electoral division of the Isles of Scilly",
    "CPC": "Civil parish or community",
    "CTY": "County council",
    "DIS": "District council",
    "DIW": "District council ward",
    "LBO": "London borough",
    "LBW": "London borough ward",
    "LGE": "Northern Irish local electoral area",
    "MTD": "Metropolitan district",
    "MTW": "Metropolitan district ward",
    "NCP": "Land of no parish",
    "OLF": "Lower layer super output area",
    "SPC": "Scottish Parliament constituency",
    "SPE": "Scottish Parliament region",
    "UTA": "Unitary authority",
    "UTE": "Unitary authority electoral division",
    "UTW": "Unitary authority ward",
    "WAC": "Senedd constituency",
    "WAE": "Senedd region",
    "WMC": "UK Parliament constituency",
}
CODE_TYPES = {
    "gss": "GSS (SNAC replacement)",
    "ons": "SNAC, or a code of the census",
    "unit_id": "Boundary-Line (OS Admin Boundary ID)",
}
NAME_TYPES = {"O": "Ordnance Survey", "S": "ONS", "M": "The council"}
COUNTRIES = {"E": "England", "W": "Wales", "S": "Scotland", "N": "Northern Ireland", "": "-"}
WARD_TYPES = frozenset({"COP", "LBW", "LGE", "MTW", "UTE", "UTW"})
CONSTITUENCY_TYPES = frozenset({"WMC", "SPC", "SPE", "WAC", "WAE"})
_CENSUS = re.compile(r"[ESW]0[12]\d{6}")  # LSOA and MSOA
_GSS = re.compile(r"[ENSW]\d{8}")


def name_type(area_type: str) -> str:
    """Describe a kind of area, as ``type_name``."""
    return AREA_TYPES.get(area_type, area_type)


def find_code_type(code: str) -> str | None:
    """Tell of which kind a code is, ``gss`` or ``ons``; None for what is no code."""
    if _CENSUS.fullmatch(code):
        return "ons"
    return "gss" if _GSS.fullmatch(code) else None


def find_country(*codes: str) -> str:
    """Find the letter of a country by the first of an area's codes that tells it; empty if none does."""
    return next((code[0] for code in codes if _GSS.fullmatch(code)), "")
