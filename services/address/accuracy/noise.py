"""The second generator (the other hand): noise on the finished parts of an address. Nothing is fitted on it.

It has other short forms, errs in any part of the address, leaves out the street's own word, names the wrong
locality, and adds words that belong to no address.
"""

import re
from collections.abc import Callable
from random import Random
from string import ascii_uppercase

from address.address_text.rules.tokens import MatchQuery
from services.address.accuracy.corruptions import Neighbourhood
from services.address.accuracy.places import Place
from services.address.accuracy.slips import misheard, misread, wrong_character

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


def realistic(rng: Random, place: Place, _: Neighbourhood) -> MatchQuery:
    """Write one address with a slip or two."""
    parts = _parts(rng, place, often=0.5)
    if rng.random() < 0.2:
        parts = _slip_in_part(rng, parts, ("street",), _typo)
    if rng.random() < 0.4:
        parts = _shorten(parts)
    if rng.random() < 0.06:
        parts.insert(rng.randrange(len(parts)), parts.pop(rng.randrange(len(parts))))
    kind = rng.random()
    postcode = (
        ""
        if kind < 0.06
        else wrong_character(rng, place.postcode)
        if kind < 0.09 and place.postcode
        else place.postcode
    )
    return _line(rng, parts, postcode)


def hard(rng: Random, place: Place, around: Neighbourhood) -> MatchQuery:
    """Write one address with two to four errors, and often a wrong postcode."""
    parts = _parts(rng, place, often=0.7)
    for error in rng.sample(_ERRORS, rng.choice((2, 2, 3, 3, 4))):
        parts = error(rng, parts, around)
    return _line(rng, parts, _change_postcode(rng, place.postcode, around))


def _parts(rng: Random, place: Place, *, often: float) -> Parts:
    firm = place.organisation and place.organisation + rng.choice(("", "", "", " LTD", " LIMITED", " & SONS"))
    house = _house(rng, place, often)
    parts = [("firm", firm if rng.random() < 0.9 else ""), *(("house", part) for part in house[:-1])]
    last = house[-1] if house else ""
    street = f"{last} {place.street}" if last[:1].isdigit() or last[-1:].isdigit() else place.street
    parts += [("house", last if street == place.street else ""), ("street", street)]
    parts += [("locality", place.locality if rng.random() > 0.35 else "")]
    parts += [("town", place.post_town if rng.random() > 0.2 else "")]
    parts += [("county", rng.choice(_COUNTIES) if rng.random() < 0.1 else "")]
    return [(kind, text) for kind, text in parts if text]


def _house(rng: Random, place: Place, often: float) -> list[str]:
    """Write the parts before the street."""
    unit, name, number = place.sub_building, place.building_name, place.building_number
    if unit and rng.random() < often:
        value = unit.split(" ")[-1]
        if unit in _STOREYS:
            unit = rng.choice(_STOREYS[unit].split("|"))
        elif number and not name:
            ways = _LETTERED if value.isalpha() else _NUMBERED
            return [rng.choice(ways.split("|")).format(value, number)]
        elif name and not number and rng.random() < 0.3:
            return [f"{value} {name}"]
        else:
            unit = rng.choice(_FLAT.split("|")).format(value)
    return [part for part in (unit, name, number) if part]


def _typo(rng: Random, word: str) -> str:
    """Make one slip anywhere in a word, with any letter."""
    at, letter = rng.randrange(len(word)), rng.choice(ascii_uppercase)
    swapped = word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
    before, after = word[:at], word[at + 1 :]
    return rng.choice(
        (
            before + after,
            before + letter + word[at:],
            before + letter + after,
            swapped,
            before + word[at] + word[at:],
        )
    )


def _slip_in_part(
    rng: Random, parts: Parts, kinds: tuple[str, ...], slip: Callable[[Random, str], str]
) -> Parts:
    """Make a slip in one word of one part of these kinds."""
    candidates = [
        (at, place)
        for at, (kind, text) in enumerate(parts)
        if kind in kinds
        for place, word in enumerate(text.split(" "))
        if word.isalpha() and len(word) > 3
    ]
    if not candidates:
        return parts
    at, place = rng.choice(candidates)
    words = parts[at][1].split(" ")
    words[place] = slip(rng, words[place])
    changed = list(parts)
    changed[at] = (parts[at][0], " ".join(word for word in words if word))
    return changed


def _shorten(parts: Parts) -> Parts:
    return [(kind, " ".join(_SHORT.get(word, word) for word in text.split(" "))) for kind, text in parts]


def _change_street(parts: Parts, change: Callable[[str], str]) -> Parts:
    return [(kind, change(text) if kind == "street" else text) for kind, text in parts]


def _change_street_type(rng: Random, parts: Parts, _: Neighbourhood) -> Parts:
    street_type = rng.choice(("ROAD", "STREET", "LANE", "CLOSE"))
    return _change_street(
        parts, lambda text: re.sub(r"(ROAD|STREET|LANE|CLOSE|AVENUE|DRIVE)$", street_type, text)
    )


def _move_part(rng: Random, parts: Parts, _: Neighbourhood) -> Parts:
    moved = list(parts)
    moved.insert(rng.randrange(len(moved)), moved.pop(rng.randrange(len(moved))))
    return moved


def _change_locality(rng: Random, parts: Parts, around: Neighbourhood) -> Parts:
    locality = rng.choice(around.localities)
    return [(kind, locality if kind == "locality" else text) for kind, text in parts]


def _drop_parts(rng: Random, parts: Parts, _: Neighbourhood) -> Parts:
    return [part for part in parts if part[0] not in {"locality", "town"} or rng.random() < 0.3] or parts


_ANY_PART = ("street", "street", "house", "locality", "firm", "town")
_ERRORS: tuple[Callable[[Random, Parts, Neighbourhood], Parts], ...] = (
    lambda rng, parts, _: _slip_in_part(rng, parts, _ANY_PART, _typo),
    lambda rng, parts, _: _slip_in_part(rng, parts, ("street",), _typo),
    lambda rng, parts, _: _slip_in_part(rng, parts, ("street", "house"), misheard),
    lambda rng, parts, _: _slip_in_part(rng, parts, ("street", "locality"), misread),
    lambda rng, parts, _: _slip_in_part(rng, parts, ("street",), lambda _chance, _word: ""),
    lambda _chance, parts, _: _change_street(
        parts, lambda text: re.sub(r"([A-Z]) ([A-Z])", r"\1\2", text, count=1)
    ),
    lambda _chance, parts, _: _shorten(parts),
    lambda rng, parts, _: [("junk", rng.choice(_JUNK)), *parts],
    _change_street_type,
    _move_part,
    _change_locality,
    _drop_parts,
)


def _change_postcode(rng: Random, postcode: str, around: Neighbourhood) -> str:
    """Keep it in six of ten; else leave it out, change a character, or take a neighbour's or any other."""
    kind = rng.random()
    if not postcode or kind < 0.12:
        return ""
    if kind < 0.3:
        return wrong_character(rng, postcode)
    if kind < 0.38:
        return rng.choice(around.sectors[postcode[:-2]])
    return rng.choice(around.all) if kind < 0.42 else postcode


def _line(rng: Random, parts: Parts, postcode: str) -> MatchQuery:
    text = rng.choice(_CASES)(rng.choice((", ", " ", ",", ",", "\n")).join(text for _, text in parts))
    if postcode and rng.random() < 0.3:
        postcode = postcode.replace(" ", "")
    if postcode and rng.random() < 0.5:
        return MatchQuery(f"{text}{rng.choice((' ', ', '))}{postcode}")
    return MatchQuery(text, postcode or None)
