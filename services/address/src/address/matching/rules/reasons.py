"""Why an answer is what it is, in words."""

from typing import TYPE_CHECKING

from address.address_comparison.rules.comparison import Candidate
from address.address_comparison.rules.street_context import Scene

if TYPE_CHECKING:
    from address.matching.rules.decision import Looked

_WORDS = {
    "street near": "street misspelt",
    "street typo": "street misspelt",
    "street far": "street differs",
    "street faint": "street differs",
    "street core": "the street's last word is left out",
    "street other": "the street's last word differs",
    "street unsaid": "street not given",
    "street kind": "of the street only its last word is given",
    "street unclear": "street differs",
    "street denied": "street differs",
    "postcode street": "postcode differs: it is another postcode of the street",
    "postcode slip": "postcode differs by one character",
    "postcode sector": "postcode differs",
    "postcode district": "postcode differs",
    "postcode area": "postcode differs",
    "postcode other": "postcode differs",
    "postcode unsaid": "postcode not given",
    "locality near": "locality misspelt",
    "locality differs": "locality differs",
    "town differs": "town differs",
    "unit form": "number or flat written another way",
    "unit numbered": "flat written as a number",
    "unit guess": "number and flat can be read in more than one way",
    "unit swapped": "number and flat are the other way round",
    "unit part": "the number is part of a range",
    "unit doubled": "a part of a flat is meant",
    "unit unsaid": "flat not given",
    "kind differs": "the kind of unit differs",
    "number unsaid": "building number not given",
    "number extra": "the building has no number in the gazetteer",
    "number spare": "a number is left over",
    "name near": "building name misspelt",
    "name core": "building name shortened",
    "name unsaid": "building name not given",
    "name extra": "the building is not known by that name",
    "name other": "building name differs",
    "name differs": "building name differs",
    "organisation near": "organisation's name differs slightly",
    "organisation unsaid": "organisation not given",
    "words beside": "something beside the property is meant",
    "words one": "a word is left over",
    "words two": "words are left over",
    "words more": "words are left over",
}


_LEVELS = {
    "B": "basement",
    "G": "ground floor",
    "LG": "lower ground floor",
    "1": "first floor",
    "2": "second floor",
    "3": "third floor",
    "4": "fourth floor",
    "T": "top floor",
}


def of_match(best: Candidate, *, exact: bool) -> tuple[str, ...]:
    """What differs between the address and the property it is matched with."""
    return ("address agrees",) if exact else _differences(best) or ("address agrees",)


def _differences(best: Candidate) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_WORDS[one] for one in best.findings if one in _WORDS))


def of_ambiguous(best: Candidate) -> tuple[str, ...]:
    """Why several properties may be meant."""
    if "unit unsaid" in best.findings:
        return ("flat not given: the building has several", *_differences(best))
    return ("several properties fit as well", *_differences(best))


def of_unlikely(looked: "Looked", best: Candidate) -> tuple[str, ...]:
    """Why the best candidate is not good enough."""
    if "unit unsaid" in best.findings:
        return ("flat not given", *_differences(best))
    return tuple(dict.fromkeys((*of_none(looked), *_differences(best))))


def of_none(looked: "Looked") -> tuple[str, ...]:
    """What is missing in the gazetteer, as far as it can be said."""
    said = looked.comparison.asks.said
    if not said.words:
        return ("no address given",)
    likely = [scene for scene in looked.scenes if scene.hit.how not in {"unsaid", "far", "faint"}]
    if not likely:
        return ("street not found",)
    scene = max(likely, key=lambda one: (one.hit.like, said.postcode in one.street.postcodes))
    return ("the property is not in the gazetteer" + _missing(scene),)


def _missing(scene: Scene) -> str:
    said, street = scene.parts, scene.street.label
    parts = [*(f"flat {unit}" for unit in said.units), *map(_floor, said.floors)]
    if said.numbers and parts:
        return f": {parts[0]} at {said.numbers[-1]} is missing in {street}"
    if said.numbers:
        return f": number {said.numbers[-1]} is missing in {street}"
    if said.names:
        return f": no building of that name is in {street}"
    return f": no number or name was given in {street}"


def _floor(code: str) -> str:
    """A storey's code in words."""
    level, _, side = code.partition(" ")
    name = f"the {_LEVELS.get(level, 'storey')}"
    return f"{name}, {side.lower()}," if side else name
