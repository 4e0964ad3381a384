"""The forms in which people write the parts of an address: streets, flats, house names, businesses."""

import re
from random import Random

from services.address.accuracy.places import Place

# What people write for a word or a part of a building, one way after another.
_SHORT_FORMS = {
    "ROAD": "RD|RD.|Rd",
    "STREET": "ST|ST.|STR",
    "AVENUE": "AVE|AV|AVE.",
    "LANE": "LN|LA",
    "CLOSE": "CL|CLO",
    "DRIVE": "DR|DRV",
    "CRESCENT": "CRES|CRESC",
    "PLACE": "PL|PL.",
    "TERRACE": "TER|TERR|TCE",
    "GARDENS": "GDNS|GDN",
    "GROVE": "GR|GRO|GRV",
    "SQUARE": "SQ",
    "COURT": "CT|CRT",
    "PARK": "PK",
    "BUILDINGS": "BLDGS|BLDG",
    "COTTAGES": "COTTS",
    "PARADE": "PDE",
    "HILL": "HL",
    "VIEW": "VW",
    "WALK": "WLK",
    "MEWS": "MWS",
    "HOUSE": "HSE|HO",
    "COTTAGE": "COTT|CTG",
    "ST": "SAINT|ST.",
    "UPPER": "UPR",
    "LOWER": "LWR",
    "NORTH": "NTH|N",
    "SOUTH": "STH|S",
    "GREAT": "GT",
    "LITTLE": "LT",
    "FARM": "FM",
    "MOUNT": "MT",
    "CENTRE": "CTR|CENTER",
    "AND": "&",
    "COMMUNITY": "COMM",
    "PRACTICE": "PRAC",
}
_FLAT_FORMS = "FLAT {}|FLT {}|Flat {}|APT {}|FLAT{}|FLAT NO {}|FLAT NO. {}|APARTMENT {}|FL {}|APT. {}|FLAT.{}"
_STOREY_FORMS = {
    "GROUND FLOOR FLAT": "GFF|GROUND FLOOR|GROUND FLR FLAT|G/F FLAT|GRD FLR FLAT|FLAT GROUND FLOOR|GF FLAT|"
    "GROUND FLAT|FLAT, GROUND FLOOR",
    "FIRST FLOOR FLAT": "FFF|FIRST FLOOR|1ST FLOOR FLAT|1ST FLR FLAT|FLAT FIRST FLOOR|1ST FLOOR|"
    "FIRST FLR FLAT|F/F FLAT",
    "SECOND FLOOR FLAT": "SFF|SECOND FLOOR|2ND FLOOR FLAT|2ND FLR FLAT|2ND FLOOR",
    "TOP FLOOR FLAT": "TFF|TOP FLOOR|TOP FLAT|TOP FLR FLAT|FLAT TOP FLOOR",
    "BASEMENT FLAT": "BASEMENT|BSMT FLAT|BASEMENT FLT|BMT FLAT|FLAT BASEMENT|FLAT, BASEMENT",
}
_FLAT = _FLAT_FORMS.split("|")
_SHORT = {word: forms.split("|") for word, forms in _SHORT_FORMS.items()}
_STOREYS = {storey: forms.split("|") for storey, forms in _STOREY_FORMS.items()}
_FIRMS = (" LTD", " LIMITED", " PLC", " & CO", " LLP")


def street(rng: Random, name: str, often: float) -> str:
    """Write a street, perhaps with its last word, or a first ST or UPPER, in a short form."""
    words = name.split(" ")
    for index, word in enumerate(words):
        if word in _SHORT and rng.random() < (often if index else often / 2):
            if word == "ST" and index == len(words) - 1:
                continue
            words[index] = rng.choice(_SHORT[word])
    return " ".join(words)


def building(rng: Random, place: Place, *, variants: float) -> str:
    """Write what stands before the street: part, name and number, in one of the usual orders."""
    unit, name, number = place.sub_building, place.building_name, place.building_number
    if rng.random() < 0.15:
        name = street(rng, name, 0.8)
    if not unit:
        return ", ".join(part for part in (name, _format_number(rng, number)) if part)
    if rng.random() >= variants:
        return ", ".join(part for part in (unit, name, number) if part)
    return _unit(rng, unit, name, number)


def _format_number(rng: Random, number: str) -> str:
    if number and number[-1].isalpha() and rng.random() < 0.12:
        return rng.choice((f"{number[:-1]} {number[-1]}", number.lower()))
    return number


def _unit(rng: Random, unit: str, name: str, number: str) -> str:
    """Write a part of a building in other words, with its building."""
    if unit in _STOREYS:
        return _order(rng, rng.choice(_STOREYS[unit]), name, number)
    value = re.sub(r"^(FLAT|APARTMENT|UNIT) ", "", unit)
    flat = rng.choice(_FLAT).format(value)
    if not number:
        return rng.choice((f"{flat}, {name}", f"{value} {name}", f"{name} {flat}", f"{flat} {name}"))
    if name:
        return _order(rng, rng.choice((flat, flat, value if value.isdigit() else flat)), name, number)
    separate = [f"{flat}, {number}", f"{flat} {number}", f"{number} {flat}", f"{number}, {flat}"]
    forms = [*separate, f"{number}/{value}", f"{value}, {number}"]
    if not value.isdigit():
        return rng.choice([*forms, f"{number}{value}", f"{number} {value}"])
    dashed = [f"{number}-{value}"] if int(value) < _leading_number(number) else []
    return rng.choice([*forms, *dashed, f"{value}/{number}"])


def _leading_number(number: str) -> int:
    digits = re.match(r"\d+", number)
    return int(digits.group()) if digits else 0


def _order(rng: Random, unit: str, name: str, number: str) -> str:
    parts = [part for part in (unit, name, number) if part]
    if rng.random() < 0.25:
        parts = [part for part in (name, number, unit) if part]
    return rng.choice((", ", " ")).join(parts)


def organisation(rng: Random, name: str) -> str:
    """Write a business, perhaps with LTD, THE or T/A."""
    if rng.random() < 0.2:
        name += rng.choice(_FIRMS)
    if rng.random() < 0.1:
        name = "THE " + name
    if rng.random() < 0.05:
        name = f"{name} T/A {name}"
    return name if rng.random() < 0.8 else street(rng, name, 0.9)


def house_name(rng: Random, name: str) -> str:
    """Write a house's name in another form."""
    words = name.split(" ")
    kind = rng.randrange(4)
    if kind == 0:
        return "THE " + name
    if kind == 1 and len(words) > 1:
        return "".join(words)
    if kind == 2:
        return street(rng, name, 1.0)
    return " ".join(words[:-1]) if len(words) > 1 else name
