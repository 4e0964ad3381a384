"""Labelled sets: addresses with the property each means, separate for training and for test."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from address.address_text.rules.tokens import MatchQuery
from services.address.accuracy import corruptions, noise
from services.address.accuracy.corruptions import Neighbourhood
from services.address.accuracy.places import Place

ABSENT = 0.15
_KINDS: dict[str, Callable[[Random, Place, Neighbourhood], MatchQuery]] = {
    "realistic": corruptions.realistic,
    "hard": corruptions.hard,
    "other hand, realistic": noise.realistic,
    "other hand, hard": noise.hard,
}
VARIANTS = ("all present", "15% absent", "no postcode")
FITTED = ("realistic", "hard")  # never the other hand's sets
SETS = tuple((kind, variant) for kind in _KINDS for variant in VARIANTS)


@dataclass(frozen=True)
class LabelledAddress:
    """An address, and the property it means. ``present``: the property is in the gazetteer."""

    address: MatchQuery
    uprn: int
    present: bool = True


def select_half(places: Sequence[Place], half: str) -> list[Place]:
    """Select the properties for ``train`` or ``test``, by a hash of their UPRN."""
    return [place for place in places if (_hash(place.uprn) % 2 == 0) == (half == "train")]


def _hash(uprn: int) -> int:
    return hashlib.sha256(str(uprn).encode()).digest()[0]


def make_set(
    places: Sequence[Place], kind: str, variant: str, half: str, size: int, seed: int = 1
) -> list[LabelledAddress]:
    """Make ``size`` addresses of one kind and variant. The same arguments make the same set."""
    rng = Random(f"{seed} {kind} {variant} {half}")
    around = corruptions.neighbourhood(places)
    chosen = rng.sample(select_half(places, half), size)
    labelled_set = []
    for place in chosen:
        present = variant != "15% absent" or rng.random() >= ABSENT
        source = replace(place, postcode="") if variant == "no postcode" else place
        labelled_set.append(LabelledAddress(_KINDS[kind](rng, source, around), place.uprn, present))
    return labelled_set
