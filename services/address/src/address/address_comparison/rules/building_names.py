"""Names of buildings and organisations against what is said of them."""

from rapidfuzz.distance import OSA

from address.address_comparison.rules.street_context import Scene
from address.address_index.rules.index import Index, Property, core
from address.address_text.rules.lexicon import KINDS
from address.address_text.rules.tokens import words

_NEAR, _RATHER_NEAR = 0.8, 0.7
_LEAST = 4  # letters of a run of words that may be a name
Said = tuple[str, int]  # how a name is said, and the bits of the words that say it


def building(scene: Scene, one: Property, index: Index) -> Said:
    """How the building's name is said: agrees, near, core, unsaid, differs, none; other when one without a
    name is asked for by that of another building in the street."""
    if not one.name:
        if scene.named:
            return "other", 0
        extra = not one.organisation and any(run in index.buildings for _, run in scene.parts.names)
        return ("extra" if extra else "none"), 0
    said = scene.says(one.name, scene.hit.bits)
    if said or scene.named:
        return said or ("differs", 0)
    return _building_in(scene, one, index)


def _building_in(scene: Scene, one: Property, index: Index) -> Said:
    """The same among the words left over."""
    for bits, run in scene.parts.names:
        if is_core(run, one):
            return "core", bits
        if run in index.buildings:
            return "differs", 0
        if alike(run, one.name):
            return "near", bits
    left, found = scene.parts.others, scene.asks.said.words
    another = any(left >> place & 1 and word in KINDS for place, word in enumerate(found))
    return ("differs" if another else "unsaid"), 0


def organisation(scene: Scene, one: Property, left: int) -> Said:
    """How the organisation is said: agrees, near, unsaid, none. ``left``: bits of the words left over."""
    if not one.organisation:
        return "none", 0
    said = scene.says(one.organisation, scene.hit.bits)
    if said:
        return said
    for bits, run in scene.parts.names:
        if bits & left and much_of(run, one.organisation):
            return "near", bits
    return "unsaid", 0


def is_core(run: str, one: Property) -> bool:
    """Whether a run of words is the building's name without HOUSE and the like."""
    return run == core(words(one.row.building_name or ""))


def alike(run: str, name: str) -> bool:
    """Whether a run of words is a name but for a slip."""
    return OSA.normalized_similarity(run, name, score_cutoff=_NEAR) >= _NEAR


def much_of(run: str, name: str) -> bool:
    """Whether a run of words is much of a name: the whole with a slip, or its beginning or end."""
    if len(run) > _LEAST and (name.startswith(run) or name.endswith(run) or name in run):
        return True
    return OSA.normalized_similarity(run, name, score_cutoff=_RATHER_NEAR) > 0
