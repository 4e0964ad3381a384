"""Compare names of buildings and organisations with the words of an address."""

from rapidfuzz.distance import OSA

from address.address_comparison.rules.street_context import StreetContext
from address.address_index.rules.index import Index, Property, name_core
from address.address_text.rules.lexicon import KINDS
from address.address_text.rules.tokens import split_name

_NEAR, _RATHER_NEAR = 0.8, 0.7
_MIN_LENGTH = 4  # letters of a run of words that may be a name
NameMatch = tuple[str, int]  # the level of agreement, and the bits of the agreeing words


def compare_building(context: StreetContext, candidate: Property, index: Index) -> NameMatch:
    """Compare the building's name: agrees, near, core, unsaid, differs, none; other when the building has no
    name and the address has that of another in the street."""
    if not candidate.name:
        if context.building_names:
            return "other", 0
        extra = not candidate.organisation and any(run in index.buildings for _, run in context.parts.names)
        return ("extra" if extra else "none"), 0
    name_match = context.find_name(candidate.name, context.hit.bits)
    if name_match or context.building_names:
        return name_match or ("differs", 0)
    return _compare_rest(context, candidate, index)


def _compare_rest(context: StreetContext, candidate: Property, index: Index) -> NameMatch:
    """Compare the building's name with the words left over."""
    for bits, run in context.parts.names:
        if is_core(run, candidate):
            return "core", bits
        if run in index.buildings:
            return "differs", 0
        if is_alike(run, candidate.name):
            return "near", bits
    rest, words = context.parts.others, context.query.address.words
    another = any(rest >> place & 1 and word in KINDS for place, word in enumerate(words))
    return ("differs" if another else "unsaid"), 0


def compare_organisation(context: StreetContext, candidate: Property, rest: int) -> NameMatch:
    """Compare the organisation: agrees, near, unsaid, none. ``rest``: bits of the words left over."""
    if not candidate.organisation:
        return "none", 0
    name_match = context.find_name(candidate.organisation, context.hit.bits)
    if name_match:
        return name_match
    for bits, run in context.parts.names:
        if bits & rest and is_part_of(run, candidate.organisation):
            return "near", bits
    return "unsaid", 0


def is_core(run: str, candidate: Property) -> bool:
    """Return whether a run of words is the building's name without HOUSE and the like."""
    return run == name_core(split_name(candidate.row.building_name or ""))


def is_alike(run: str, name: str) -> bool:
    """Return whether a run of words is a name but for a slip."""
    return OSA.normalized_similarity(run, name, score_cutoff=_NEAR) >= _NEAR


def is_part_of(run: str, name: str) -> bool:
    """Return whether a run of words is most of a name: all with a slip, or its beginning or end."""
    if len(run) > _MIN_LENGTH and (name.startswith(run) or name.endswith(run) or name in run):
        return True
    return OSA.normalized_similarity(run, name, score_cutoff=_RATHER_NEAR) > 0
