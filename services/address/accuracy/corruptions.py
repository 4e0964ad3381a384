"""The first generator: addresses of the gazetteer, as people write them who do not look them up.

``realistic``: what most people write, with short forms, parts left out, a slip in the street now and then,
and flats in other words. ``hard``: two to four errors at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from address.address_text.rules.tokens import MatchQuery
from services.address.accuracy import slips, written_forms
from services.address.accuracy.places import Place


@dataclass
class WrittenAddress:
    """The parts of an address, before they are joined to a line."""

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
    """Postcodes and localities that a wrong one is chosen from."""

    all: Sequence[str]
    sectors: dict[str, list[str]]
    localities: Sequence[str]


def neighbourhood(places: Sequence[Place]) -> Neighbourhood:
    """Collect the postcodes and localities of a gazetteer."""
    postcodes = sorted({place.postcode for place in places})
    sectors: dict[str, list[str]] = {}
    for postcode in postcodes:
        sectors.setdefault(postcode[:-2], []).append(postcode)
    localities = sorted({place.locality for place in places if place.locality})
    return Neighbourhood(postcodes, sectors, localities)


def realistic(rng: Random, place: Place, around: Neighbourhood) -> MatchQuery:
    """Write one address as most people do."""
    address = _write_parts(rng, place, variants=0.5, short=0.4)
    if rng.random() < 0.2:
        address.street = slips.slip_in_word(rng, address.street)
    _leave_out(rng, address, locality=0.35, town=0.15)
    if rng.random() < 0.03:
        address.postcode = _wrong_postcode(rng, address.postcode, around)
    if rng.random() < 0.05:
        address.postcode = ""
    if rng.random() < 0.015 and address.locality:
        address.locality = rng.choice(around.localities)
    if rng.random() < 0.01:
        address.organisation = rng.choice(_JUNK)
    if rng.random() < 0.06 and (place.building_name and place.building_number):
        address.building = address.building.replace(place.building_name + ", ", "")
    return _line(rng, address)


def hard(rng: Random, place: Place, around: Neighbourhood) -> MatchQuery:
    """Write one address with two to four errors."""
    address = _write_parts(rng, place, variants=0.7, short=0.5)
    _leave_out(rng, address, locality=0.4, town=0.25)
    for error in rng.sample(_ERRORS, rng.choice((2, 3, 3, 4))):
        error(rng, address, place, around)
    return _line(rng, address)


def _write_parts(rng: Random, place: Place, *, variants: float, short: float) -> WrittenAddress:
    firm = written_forms.organisation(rng, place.organisation) if place.organisation else ""
    if firm and rng.random() < 0.1:
        firm = ""
    building = written_forms.building(rng, place, variants=variants)
    if firm and place.building_number and rng.random() < 0.03:
        building = ""
    return WrittenAddress(
        firm,
        building,
        written_forms.street(rng, place.street, short),
        place.locality,
        place.post_town,
        place.postcode,
        rng.choice(("SOMERSET", "UK", "AVON", "BANES")) if rng.random() < 0.12 else "",
    )


def _leave_out(rng: Random, address: WrittenAddress, *, locality: float, town: float) -> None:
    if rng.random() < locality:
        address.locality = ""
    if rng.random() < town:
        address.town = ""


def _wrong_postcode(rng: Random, postcode: str, around: Neighbourhood) -> str:
    if not postcode or rng.random() < 0.5:
        return slips.wrong_character(rng, postcode) if postcode else ""
    return rng.choice(around.sectors[postcode[:-2]]) if postcode[:-2] in around.sectors else postcode


Error = Callable[[Random, WrittenAddress, Place, Neighbourhood], None]


def _misspell_street(rng: Random, address: WrittenAddress, _place: Place, __: Neighbourhood) -> None:
    for _ in range(rng.choice((1, 1, 2))):
        address.street = slips.slip_in_word(rng, address.street)


def _spell_street_by_sound(rng: Random, address: WrittenAddress, _: Place, __: Neighbourhood) -> None:
    address.street = slips.slip_in_word(rng, address.street, slips.misheard)


def _misread(rng: Random, address: WrittenAddress, _: Place, __: Neighbourhood) -> None:
    address.street = slips.slip_in_word(rng, address.street, slips.misread)
    address.locality = slips.slip_in_word(rng, address.locality, slips.misread)


def _change_postcode(rng: Random, address: WrittenAddress, _: Place, around: Neighbourhood) -> None:
    kind = rng.random()
    if kind < 0.6:
        address.postcode = _wrong_postcode(rng, address.postcode, around)
    elif kind < 0.8:
        address.postcode = rng.choice(around.all)
    else:
        address.postcode = ""


def _spoil_locality(rng: Random, address: WrittenAddress, _: Place, __: Neighbourhood) -> None:
    if rng.random() < 0.5:
        address.locality = slips.slip_in_word(rng, address.locality)
    else:
        address.locality = ""
    address.town = slips.slip_in_word(rng, address.town) if rng.random() < 0.4 else address.town


def _drop_street_type(_chance: Random, address: WrittenAddress, _: Place, __: Neighbourhood) -> None:
    words = address.street.split(" ")
    if len(words) > 1 and words[0] != "THE":
        address.street = " ".join(words[:-1])


def _merge_words(rng: Random, address: WrittenAddress, _: Place, __: Neighbourhood) -> None:
    if " " in address.street and rng.random() < 0.7:
        address.street = address.street.replace(" ", "", 1)
    elif address.building and address.building[-1].isdigit():
        address.building, address.street = "", address.building + address.street


def _change_name(rng: Random, address: WrittenAddress, place: Place, _: Neighbourhood) -> None:
    if place.building_name:
        name = written_forms.house_name(rng, place.building_name)
        if rng.random() < 0.4:
            name = slips.slip_in_word(rng, name)
        address.building = address.building.replace(place.building_name, name)
    if address.organisation:
        address.organisation = slips.slip_in_word(rng, address.organisation)


def _drop_part(rng: Random, address: WrittenAddress, place: Place, _: Neighbourhood) -> None:
    if place.building_name and place.building_number:
        dropped = rng.choice((place.building_name, place.building_number))
        address.building = ", ".join(part for part in address.building.split(", ") if part != dropped)
    elif place.organisation and address.building:
        address.organisation = ""
    elif address.postcode and rng.random() < 0.3:
        address.street = ""
    else:
        address.town = ""


def _reorder(rng: Random, address: WrittenAddress, _: Place, __: Neighbourhood) -> None:
    if rng.random() < 0.5:
        address.order = ["locality", "organisation", "house", "town", "county"]
    else:
        address.order = ["organisation", "turned", "locality", "town", "county"]


def _change_street_type(rng: Random, address: WrittenAddress, _: Place, __: Neighbourhood) -> None:
    words = address.street.split(" ")
    if len(words) > 1 and words[-1] in _TYPES:
        address.street = " ".join([*words[:-1], rng.choice(_TYPES)])


def _change_locality(rng: Random, address: WrittenAddress, _: Place, around: Neighbourhood) -> None:
    if address.locality:
        address.locality = rng.choice(around.localities)


def _add_junk(rng: Random, address: WrittenAddress, _: Place, __: Neighbourhood) -> None:
    address.organisation = address.organisation or rng.choice(_JUNK)


_JUNK = ("THE OCCUPIER", "C/O MRS JONES", "NEW HOME", "MY ADDRESS", "ATTENTION OF MR BROWN", "HOME")
_TYPES = ("ROAD", "STREET", "LANE", "CLOSE", "AVENUE", "DRIVE", "PLACE", "WAY")
_ERRORS: tuple[Error, ...] = (
    _misspell_street, _misspell_street, _spell_street_by_sound, _misread, _change_postcode,
    _change_postcode, _spoil_locality, _drop_street_type, _merge_words, _change_name, _drop_part,
    _reorder, _change_street_type, _change_locality, _add_junk,
)  # fmt: skip


def _line(rng: Random, address: WrittenAddress) -> MatchQuery:
    """Join the parts to a line, the postcode in it or apart."""
    between = rng.choice((" ", ", ", " "))
    house = " ".join(part for part in (address.building, address.street) if part)
    turned = " ".join(part for part in (address.street, address.building) if part)
    parts = {
        "organisation": address.organisation, "house": house, "turned": turned, "locality": address.locality,
        "town": address.town, "county": address.county,
    }  # fmt: skip
    text = rng.choice((", ", ", ", between)).join(parts[name] for name in address.order if parts[name])
    text = _change_case(rng, text)
    if rng.random() < 0.3:
        text = text.replace(",", "")
    postcode = _format_postcode(rng, address.postcode)
    if not postcode:
        return MatchQuery(text)
    return (
        MatchQuery(text, postcode)
        if rng.random() < 0.5
        else MatchQuery(f"{text}{rng.choice((', ', ' '))}{postcode}")
    )


def _change_case(rng: Random, text: str) -> str:
    kind = rng.random()
    return text.title() if kind < 0.45 else text.lower() if kind < 0.65 else text.upper()


def _format_postcode(rng: Random, postcode: str) -> str:
    if rng.random() < 0.3:
        postcode = postcode.replace(" ", "")
    return postcode.lower() if rng.random() < 0.2 else postcode
