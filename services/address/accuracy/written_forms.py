"""How people write the parts of an address: short forms, flats, house names, businesses."""

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


def street(chance: Random, name: str, often: float) -> str:
    """The street's name, its last word or a first ST, UPPER and the like perhaps short."""
    words = name.split(" ")
    for place, word in enumerate(words):
        if word in _SHORT and chance.random() < (often if place else often / 2):
            if word == "ST" and place == len(words) - 1:
                continue
            words[place] = chance.choice(_SHORT[word])
    return " ".join(words)


def building(chance: Random, place: Place, *, variants: float) -> str:
    """What stands before the street: part, name and number, in one of the ways people put them."""
    unit, name, number = place.sub_building, place.building_name, place.building_number
    if chance.random() < 0.15:
        name = street(chance, name, 0.8)
    if not unit:
        return ", ".join(part for part in (name, _suffixed(chance, number)) if part)
    if chance.random() >= variants:
        return ", ".join(part for part in (unit, name, number) if part)
    return _unit(chance, unit, name, number)


def _suffixed(chance: Random, number: str) -> str:
    if number and number[-1].isalpha() and chance.random() < 0.12:
        return chance.choice((f"{number[:-1]} {number[-1]}", number.lower()))
    return number


def _unit(chance: Random, unit: str, name: str, number: str) -> str:
    """A part of a building in other words, with its building."""
    if unit in _STOREYS:
        return _order(chance, chance.choice(_STOREYS[unit]), name, number)
    value = re.sub(r"^(FLAT|APARTMENT|UNIT) ", "", unit)
    said = chance.choice(_FLAT).format(value)
    if not number:
        return chance.choice((f"{said}, {name}", f"{value} {name}", f"{name} {said}", f"{said} {name}"))
    if name:
        return _order(chance, chance.choice((said, said, value if value.isdigit() else said)), name, number)
    apart = [f"{said}, {number}", f"{said} {number}", f"{number} {said}", f"{number}, {said}"]
    ways = [*apart, f"{number}/{value}", f"{value}, {number}"]
    if not value.isdigit():
        return chance.choice([*ways, f"{number}{value}", f"{number} {value}"])
    dash = [f"{number}-{value}"] if int(value) < _plain(number) else []
    return chance.choice([*ways, *dash, f"{value}/{number}"])


def _plain(number: str) -> int:
    digits = re.match(r"\d+", number)
    return int(digits.group()) if digits else 0


def _order(chance: Random, said: str, name: str, number: str) -> str:
    parts = [part for part in (said, name, number) if part]
    if chance.random() < 0.25:
        parts = [part for part in (name, number, said) if part]
    return chance.choice((", ", " ")).join(parts)


def organisation(chance: Random, name: str) -> str:
    """A business, with the noise that comes with it."""
    if chance.random() < 0.2:
        name += chance.choice(_FIRMS)
    if chance.random() < 0.1:
        name = "THE " + name
    if chance.random() < 0.05:
        name = f"{name} T/A {name}"
    return name if chance.random() < 0.8 else street(chance, name, 0.9)


def house_name(chance: Random, name: str) -> str:
    """A house's name as somebody else gives it."""
    words = name.split(" ")
    kind = chance.randrange(4)
    if kind == 0:
        return "THE " + name
    if kind == 1 and len(words) > 1:
        return "".join(words)
    if kind == 2:
        return street(chance, name, 1.0)
    return " ".join(words[:-1]) if len(words) > 1 else name
