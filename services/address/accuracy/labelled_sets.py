"""Labelled sets: addresses with the property they were made of, those of training and of test apart."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from address.matching import Asked
from services.address.accuracy import corruptions, noise
from services.address.accuracy.corruptions import Neighbourhood
from services.address.accuracy.places import Place

ABSENT = 0.15
_KINDS: dict[str, Callable[[Random, Place, Neighbourhood], Asked]] = {
    "realistic": corruptions.realistic,
    "hard": corruptions.hard,
    "other hand, realistic": noise.realistic,
    "other hand, hard": noise.hard,
}
VARIANTS = ("all present", "15% absent", "no postcode")
FITTED = ("realistic", "hard")  # the other hand's sets are never fitted on
SETS = tuple((kind, variant) for kind in _KINDS for variant in VARIANTS)


@dataclass(frozen=True)
class Labelled:
    """An address and the property it means; ``present``: it is in the gazetteer that is asked."""

    asked: Asked
    uprn: int
    present: bool = True


def of_half(places: Sequence[Place], half: str) -> list[Place]:
    """The properties for ``train`` or for ``test``: told apart by their UPRN."""
    return [place for place in places if (_hash(place.uprn) % 2 == 0) == (half == "train")]


def _hash(uprn: int) -> int:
    return hashlib.sha256(str(uprn).encode()).digest()[0]


def make(
    places: Sequence[Place], kind: str, variant: str, half: str, size: int, seed: int = 1
) -> list[Labelled]:
    """So many addresses of one kind and variant. The same arguments make the same set."""
    chance = Random(f"{seed} {kind} {variant} {half}")
    around = corruptions.neighbourhood(places)
    chosen = chance.sample(of_half(places, half), size)
    found = []
    for place in chosen:
        present = variant != "15% absent" or chance.random() >= ABSENT
        of = replace(place, postcode="") if variant == "no postcode" else place
        found.append(Labelled(_KINDS[kind](chance, of, around), place.uprn, present))
    return found
