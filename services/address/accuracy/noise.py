"""Another hand's errors: noise on the finished parts of an address. Nothing is fitted on sets made with it.

It knows other short forms, errs in any part of the address, leaves out the street's own word, names the
wrong locality, says things that belong to no address.
"""

import re
from collections.abc import Callable
from random import Random
from string import ascii_uppercase

from address.matching import Asked
from services.address.accuracy.corruptions import Neighbourhood
from services.address.accuracy.places import Place
from services.address.accuracy.slips import heard, one_off, scanned

Parts = list[tuple[str, str]]  # kind and text
_SHORT_FORMS = """ROAD=RD STREET=ST AVENUE=AVE LANE=LN CLOSE=CL DRIVE=DR CRESCENT=CRES PLACE=PL
    TERRACE=TERR GARDENS=GDNS GROVE=GRV COURT=CRT HOUSE=HSE FLAT=FLT APARTMENT=APT BUILDINGS=BLDGS SQUARE=SQ
    PARK=PK COTTAGE=COTT HILL=HL ST=SAINT GROUND=GRD FLOOR=FLR FIRST=1ST SECOND=2ND"""
_SHORT = dict(pair.split("=") for pair in _SHORT_FORMS.split())
_STOREYS = {
    "TOP FLOOR FLAT": "TOP FLAT|TOP FLR FLAT|TFF|FLAT TOP FLOOR|TOP FLOOR",
    "GROUND FLOOR FLAT": "GFF|GROUND FLAT|GRND FLOOR FLAT|GF FLAT|FLAT GROUND FLOOR|GROUND FLOOR",
    "FIRST FLOOR FLAT": "FFF|1ST FLOOR FLAT|1ST FLR FLAT|FIRST FLOOR|FLAT 1ST FLOOR",
    "SECOND FLOOR FLAT": "2ND FLOOR FLAT|SECOND FLOOR|2ND FLR FLAT",
    "BASEMENT FLAT": "BASEMENT|BSMT FLAT|FLAT BASEMENT|BASEMENT FLT",
}
_FLAT = "FLAT {0}|FLT {0}|APT {0}|APARTMENT {0}|FLAT{0}|FLAT NO {0}|UNIT {0}"
_LETTERED = "{1}{0}|{0}, {1}|FLAT {0}, {1}|{1} FLAT {0}|{1}/{0}|{1} {0}"
_NUMBERED = "{0}/{1}|{1}/{0}|{1} FLAT {0}|{1}, FLAT {0}|{0}, {1}|FLAT {0} {1}|APT {0}, {1}|FLT {0} {1}"
_JUNK = ("C/O MR SMITH", "THE OCCUPIER", "NEW TENANT", "ADDRESS:")
_COUNTIES = ("SOMERSET", "UNITED KINGDOM", "UK", "NORTH EAST SOMERSET", "STIRLINGSHIRE")
_CASES: tuple[Callable[[str], str], ...] = (str.upper, str.lower, str.title, str.title)


def realistic(chance: Random, place: Place, _: Neighbourhood) -> Asked:
    """One address with a slip or two."""
    parts = _parts(chance, place, often=0.5)
    if chance.random() < 0.2:
        parts = _in(chance, parts, ("street",), _typo)
    if chance.random() < 0.4:
        parts = _shortened(parts)
    if chance.random() < 0.06:
        parts.insert(chance.randrange(len(parts)), parts.pop(chance.randrange(len(parts))))
    kind = chance.random()
    postcode = (
        ""
        if kind < 0.06
        else one_off(chance, place.postcode)
        if kind < 0.09 and place.postcode
        else place.postcode
    )
    return _line(chance, parts, postcode)


def hard(chance: Random, place: Place, around: Neighbourhood) -> Asked:
    """One address with two to four errors, and often a wrong postcode."""
    parts = _parts(chance, place, often=0.7)
    for error in chance.sample(_ERRORS, chance.choice((2, 2, 3, 3, 4))):
        parts = error(chance, parts, around)
    return _line(chance, parts, _postcode(chance, place.postcode, around))


def _parts(chance: Random, place: Place, *, often: float) -> Parts:
    firm = place.organisation and place.organisation + chance.choice(
        ("", "", "", " LTD", " LIMITED", " & SONS")
    )
    house = _house(chance, place, often)
    parts = [("firm", firm if chance.random() < 0.9 else ""), *(("house", part) for part in house[:-1])]
    last = house[-1] if house else ""
    street = f"{last} {place.street}" if last[:1].isdigit() or last[-1:].isdigit() else place.street
    parts += [("house", last if street == place.street else ""), ("street", street)]
    parts += [("locality", place.locality if chance.random() > 0.35 else "")]
    parts += [("town", place.post_town if chance.random() > 0.2 else "")]
    parts += [("county", chance.choice(_COUNTIES) if chance.random() < 0.1 else "")]
    return [(kind, text) for kind, text in parts if text]


def _house(chance: Random, place: Place, often: float) -> list[str]:
    """What stands before the street, part by part."""
    unit, name, number = place.sub_building, place.building_name, place.building_number
    if unit and chance.random() < often:
        value = unit.split(" ")[-1]
        if unit in _STOREYS:
            unit = chance.choice(_STOREYS[unit].split("|"))
        elif number and not name:
            ways = _LETTERED if value.isalpha() else _NUMBERED
            return [chance.choice(ways.split("|")).format(value, number)]
        elif name and not number and chance.random() < 0.3:
            return [f"{value} {name}"]
        else:
            unit = chance.choice(_FLAT.split("|")).format(value)
    return [part for part in (unit, name, number) if part]


def _typo(chance: Random, word: str) -> str:
    """One slip anywhere in a word, with any letter."""
    at, other = chance.randrange(len(word)), chance.choice(ascii_uppercase)
    swapped = word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
    before, after = word[:at], word[at + 1 :]
    return chance.choice(
        (
            before + after,
            before + other + word[at:],
            before + other + after,
            swapped,
            before + word[at] + word[at:],
        )
    )


def _in(chance: Random, parts: Parts, kinds: tuple[str, ...], slip: Callable[[Random, str], str]) -> Parts:
    """A slip in one word of one part of these kinds."""
    fit = [
        (at, place)
        for at, (kind, text) in enumerate(parts)
        if kind in kinds
        for place, word in enumerate(text.split(" "))
        if word.isalpha() and len(word) > 3
    ]
    if not fit:
        return parts
    at, place = chance.choice(fit)
    words = parts[at][1].split(" ")
    words[place] = slip(chance, words[place])
    found = list(parts)
    found[at] = (parts[at][0], " ".join(word for word in words if word))
    return found


def _shortened(parts: Parts) -> Parts:
    return [(kind, " ".join(_SHORT.get(word, word) for word in text.split(" "))) for kind, text in parts]


def _of_street(parts: Parts, change: Callable[[str], str]) -> Parts:
    return [(kind, change(text) if kind == "street" else text) for kind, text in parts]


def _other_type(chance: Random, parts: Parts, _: Neighbourhood) -> Parts:
    other = chance.choice(("ROAD", "STREET", "LANE", "CLOSE"))
    return _of_street(parts, lambda text: re.sub(r"(ROAD|STREET|LANE|CLOSE|AVENUE|DRIVE)$", other, text))


def _moved(chance: Random, parts: Parts, _: Neighbourhood) -> Parts:
    found = list(parts)
    found.insert(chance.randrange(len(found)), found.pop(chance.randrange(len(found))))
    return found


def _wrong_locality(chance: Random, parts: Parts, around: Neighbourhood) -> Parts:
    other = chance.choice(around.localities)
    return [(kind, other if kind == "locality" else text) for kind, text in parts]


def _fewer(chance: Random, parts: Parts, _: Neighbourhood) -> Parts:
    return [part for part in parts if part[0] not in {"locality", "town"} or chance.random() < 0.3] or parts


_ANYWHERE = ("street", "street", "house", "locality", "firm", "town")
_ERRORS: tuple[Callable[[Random, Parts, Neighbourhood], Parts], ...] = (
    lambda chance, parts, _: _in(chance, parts, _ANYWHERE, _typo),
    lambda chance, parts, _: _in(chance, parts, ("street",), _typo),
    lambda chance, parts, _: _in(chance, parts, ("street", "house"), heard),
    lambda chance, parts, _: _in(chance, parts, ("street", "locality"), scanned),
    lambda chance, parts, _: _in(chance, parts, ("street",), lambda _chance, _word: ""),
    lambda _chance, parts, _: _of_street(
        parts, lambda text: re.sub(r"([A-Z]) ([A-Z])", r"\1\2", text, count=1)
    ),
    lambda _chance, parts, _: _shortened(parts),
    lambda chance, parts, _: [("junk", chance.choice(_JUNK)), *parts],
    _other_type,
    _moved,
    _wrong_locality,
    _fewer,
)


def _postcode(chance: Random, postcode: str, around: Neighbourhood) -> str:
    """Right in six of ten; else left out, one character wrong, a neighbour's or anybody's."""
    kind = chance.random()
    if not postcode or kind < 0.12:
        return ""
    if kind < 0.3:
        return one_off(chance, postcode)
    if kind < 0.38:
        return chance.choice(around.sectors[postcode[:-2]])
    return chance.choice(around.all) if kind < 0.42 else postcode


def _line(chance: Random, parts: Parts, postcode: str) -> Asked:
    text = chance.choice(_CASES)(chance.choice((", ", " ", ",", ",", "\n")).join(text for _, text in parts))
    if postcode and chance.random() < 0.3:
        postcode = postcode.replace(" ", "")
    if postcode and chance.random() < 0.5:
        return Asked(f"{text}{chance.choice((' ', ', '))}{postcode}")
    return Asked(text, postcode or None)
