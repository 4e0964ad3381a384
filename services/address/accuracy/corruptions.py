"""Addresses as they reach a council: the gazetteer's own, written by people who do not look it up.

``realistic`` is what most write: short forms, parts left out, one slip in the street now and then, flats in
other words. ``hard`` has two to four errors at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from address.matching import Asked
from services.address.accuracy import slips, written_forms
from services.address.accuracy.places import Place


@dataclass
class Written:
    """An address in its parts, before it is put into one line."""

    organisation: str
    building: str
    street: str
    locality: str
    town: str
    postcode: str
    county: str = ""
    order: list[str] = field(default_factory=lambda: ["organisation", "house", "locality", "town", "county"])


@dataclass(frozen=True)
class Neighbourhood:
    """Postcodes to go wrong with."""

    all: Sequence[str]
    sectors: dict[str, list[str]]
    localities: Sequence[str]


def neighbourhood(places: Sequence[Place]) -> Neighbourhood:
    every = sorted({place.postcode for place in places})
    sectors: dict[str, list[str]] = {}
    for postcode in every:
        sectors.setdefault(postcode[:-2], []).append(postcode)
    localities = sorted({place.locality for place in places if place.locality})
    return Neighbourhood(every, sectors, localities)


def realistic(chance: Random, place: Place, around: Neighbourhood) -> Asked:
    """One address as most people write it."""
    written = _written(chance, place, variants=0.5, short=0.4)
    if chance.random() < 0.2:
        written.street = slips.in_words(chance, written.street)
    _leave_out(chance, written, locality=0.35, town=0.15)
    if chance.random() < 0.03:
        written.postcode = _wrong(chance, written.postcode, around)
    if chance.random() < 0.05:
        written.postcode = ""
    if chance.random() < 0.015 and written.locality:
        written.locality = chance.choice(around.localities)
    if chance.random() < 0.01:
        written.organisation = chance.choice(_JUNK)
    if chance.random() < 0.06 and (place.building_name and place.building_number):
        written.building = written.building.replace(place.building_name + ", ", "")
    return _line(chance, written)


def hard(chance: Random, place: Place, around: Neighbourhood) -> Asked:
    """One address with two to four errors."""
    written = _written(chance, place, variants=0.7, short=0.5)
    _leave_out(chance, written, locality=0.4, town=0.25)
    for error in chance.sample(_ERRORS, chance.choice((2, 3, 3, 4))):
        error(chance, written, place, around)
    return _line(chance, written)


def _written(chance: Random, place: Place, *, variants: float, short: float) -> Written:
    firm = written_forms.organisation(chance, place.organisation) if place.organisation else ""
    if firm and chance.random() < 0.1:
        firm = ""
    building = written_forms.building(chance, place, variants=variants)
    if firm and place.building_number and chance.random() < 0.03:
        building = ""
    return Written(
        firm,
        building,
        written_forms.street(chance, place.street, short),
        place.locality,
        place.post_town,
        place.postcode,
        chance.choice(("SOMERSET", "UK", "AVON", "BANES")) if chance.random() < 0.12 else "",
    )


def _leave_out(chance: Random, written: Written, *, locality: float, town: float) -> None:
    if chance.random() < locality:
        written.locality = ""
    if chance.random() < town:
        written.town = ""


def _wrong(chance: Random, postcode: str, around: Neighbourhood) -> str:
    if not postcode or chance.random() < 0.5:
        return slips.one_off(chance, postcode) if postcode else ""
    return chance.choice(around.sectors[postcode[:-2]]) if postcode[:-2] in around.sectors else postcode


Error = Callable[[Random, Written, Place, Neighbourhood], None]


def _typos(chance: Random, written: Written, _: Place, __: Neighbourhood) -> None:
    for _again in range(chance.choice((1, 1, 2))):
        written.street = slips.in_words(chance, written.street)


def _sounds(chance: Random, written: Written, _: Place, __: Neighbourhood) -> None:
    written.street = slips.in_words(chance, written.street, slips.heard)


def _scan(chance: Random, written: Written, _: Place, __: Neighbourhood) -> None:
    written.street = slips.in_words(chance, written.street, slips.scanned)
    written.locality = slips.in_words(chance, written.locality, slips.scanned)


def _postcode(chance: Random, written: Written, _: Place, around: Neighbourhood) -> None:
    kind = chance.random()
    if kind < 0.6:
        written.postcode = _wrong(chance, written.postcode, around)
    elif kind < 0.8:
        written.postcode = chance.choice(around.all)
    else:
        written.postcode = ""


def _locality(chance: Random, written: Written, _: Place, __: Neighbourhood) -> None:
    if chance.random() < 0.5:
        written.locality = slips.in_words(chance, written.locality)
    else:
        written.locality = ""
    written.town = slips.in_words(chance, written.town) if chance.random() < 0.4 else written.town


def _no_type(_chance: Random, written: Written, _: Place, __: Neighbourhood) -> None:
    words = written.street.split(" ")
    if len(words) > 1 and words[0] != "THE":
        written.street = " ".join(words[:-1])


def _merged(chance: Random, written: Written, _: Place, __: Neighbourhood) -> None:
    if " " in written.street and chance.random() < 0.7:
        written.street = written.street.replace(" ", "", 1)
    elif written.building and written.building[-1].isdigit():
        written.building, written.street = "", written.building + written.street


def _name(chance: Random, written: Written, place: Place, _: Neighbourhood) -> None:
    if place.building_name:
        other = written_forms.house_name(chance, place.building_name)
        if chance.random() < 0.4:
            other = slips.in_words(chance, other)
        written.building = written.building.replace(place.building_name, other)
    if written.organisation:
        written.organisation = slips.in_words(chance, written.organisation)


def _dropped(chance: Random, written: Written, place: Place, _: Neighbourhood) -> None:
    if place.building_name and place.building_number:
        gone = chance.choice((place.building_name, place.building_number))
        written.building = ", ".join(part for part in written.building.split(", ") if part != gone)
    elif place.organisation and written.building:
        written.organisation = ""
    elif written.postcode and chance.random() < 0.3:
        written.street = ""
    else:
        written.town = ""


def _moved(chance: Random, written: Written, _: Place, __: Neighbourhood) -> None:
    if chance.random() < 0.5:
        written.order = ["locality", "organisation", "house", "town", "county"]
    else:
        written.order = ["organisation", "turned", "locality", "town", "county"]


def _other_type(chance: Random, written: Written, _: Place, __: Neighbourhood) -> None:
    words = written.street.split(" ")
    if len(words) > 1 and words[-1] in _TYPES:
        written.street = " ".join([*words[:-1], chance.choice(_TYPES)])


def _elsewhere(chance: Random, written: Written, _: Place, around: Neighbourhood) -> None:
    if written.locality:
        written.locality = chance.choice(around.localities)


def _junk(chance: Random, written: Written, _: Place, __: Neighbourhood) -> None:
    written.organisation = written.organisation or chance.choice(_JUNK)


_JUNK = ("THE OCCUPIER", "C/O MRS JONES", "NEW HOME", "MY ADDRESS", "ATTENTION OF MR BROWN", "HOME")
_TYPES = ("ROAD", "STREET", "LANE", "CLOSE", "AVENUE", "DRIVE", "PLACE", "WAY")
_ERRORS: tuple[Error, ...] = (
    _typos, _typos, _sounds, _scan, _postcode, _postcode, _locality, _no_type, _merged, _name, _dropped,
    _moved, _other_type, _elsewhere, _junk,
)  # fmt: skip


def _line(chance: Random, written: Written) -> Asked:
    """The parts in one line, the postcode in it or apart."""
    between = chance.choice((" ", ", ", " "))
    house = " ".join(part for part in (written.building, written.street) if part)
    turned = " ".join(part for part in (written.street, written.building) if part)
    parts = {
        "organisation": written.organisation, "house": house, "turned": turned, "locality": written.locality,
        "town": written.town, "county": written.county,
    }  # fmt: skip
    text = chance.choice((", ", ", ", between)).join(parts[name] for name in written.order if parts[name])
    text = _case(chance, text)
    if chance.random() < 0.3:
        text = text.replace(",", "")
    postcode = _posted(chance, written.postcode)
    if not postcode:
        return Asked(text)
    return (
        Asked(text, postcode)
        if chance.random() < 0.5
        else Asked(f"{text}{chance.choice((', ', ' '))}{postcode}")
    )


def _case(chance: Random, text: str) -> str:
    kind = chance.random()
    return text.title() if kind < 0.45 else text.lower() if kind < 0.65 else text.upper()


def _posted(chance: Random, postcode: str) -> str:
    if chance.random() < 0.3:
        postcode = postcode.replace(" ", "")
    return postcode.lower() if chance.random() < 0.2 else postcode
