"""Explain an answer in words."""

from address.address_comparison.rules.comparison import Candidate
from address.address_comparison.rules.street_context import StreetContext
from address.matching.rules.search_result import SearchResult

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


def explain_match(best: Candidate, *, exact: bool) -> tuple[str, ...]:
    """Explain what differs between the address and the matched property."""
    return ("address agrees",) if exact else _differences(best) or ("address agrees",)


def _differences(best: Candidate) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_WORDS[finding] for finding in best.findings if finding in _WORDS))


def explain_ambiguous(best: Candidate) -> tuple[str, ...]:
    """Explain why several properties may be meant."""
    if "unit unsaid" in best.findings:
        return ("flat not given: the building has several", *_differences(best))
    return ("several properties fit as well", *_differences(best))


def explain_unlikely(result: SearchResult, best: Candidate) -> tuple[str, ...]:
    """Explain why the best candidate is not good enough."""
    if "unit unsaid" in best.findings:
        return ("flat not given", *_differences(best))
    return tuple(dict.fromkeys((*explain_none(result), *_differences(best))))


def explain_none(result: SearchResult) -> tuple[str, ...]:
    """Explain what the gazetteer lacks."""
    parts_named = result.comparison.query.address
    if not parts_named.words:
        return ("no address given",)
    plausible = [context for context in result.contexts if context.hit.how not in {"unsaid", "far", "faint"}]
    if not plausible:
        return ("street not found",)
    context = max(
        plausible, key=lambda finding: (finding.hit.like, parts_named.postcode in finding.street.postcodes)
    )
    return ("the property is not in the gazetteer" + _describe_missing(context),)


def _describe_missing(context: StreetContext) -> str:
    parts_named, street = context.parts, context.street.label
    parts = [*(f"flat {unit}" for unit in parts_named.units), *map(_describe_floor, parts_named.floors)]
    if parts_named.numbers and parts:
        return f": {parts[0]} at {parts_named.numbers[-1]} is missing in {street}"
    if parts_named.numbers:
        return f": number {parts_named.numbers[-1]} is missing in {street}"
    if parts_named.names:
        return f": no building of that name is in {street}"
    return f": no number or name was given in {street}"


def _describe_floor(code: str) -> str:
    """Describe a storey's code in words."""
    level, _, side = code.partition(" ")
    name = f"the {_LEVELS.get(level, 'storey')}"
    return f"{name}, {side.lower()}," if side else name
