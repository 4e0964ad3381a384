"""The word somebody meant who has misspelt one."""

from collections.abc import Iterable

from rapidfuzz.distance import OSA

from address.places.rules.search_text import STREET_KINDS

SHORTEST = 4  # letters; a shorter word has too many neighbours
_LONG = 7  # letters from which two slips are forgiven
SAME = 1  # letters at the beginning that are taken to be right


def closest(word: str, known: Iterable[str]) -> str | None:
    """The nearest of the known words by letters left out, added, changed or swapped; None if none is near.

    ``known`` need only hold those that begin with the same ``SAME`` letters. Of two that are as near, STREET
    and its like are the likelier.
    """
    slips = 2 if len(word) >= _LONG else 1
    near = [(OSA.distance(word, other), other not in STREET_KINDS, other) for other in known]
    distance, _, nearest = min(near, default=(slips + 1, False, ""))
    return nearest if distance <= slips else None
