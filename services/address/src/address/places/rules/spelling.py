"""Correct misspelt words of a search."""

from collections.abc import Iterable

from rapidfuzz.distance import OSA

from address.places.rules.search_text import STREET_KINDS

MIN_LENGTH = 4  # letters; shorter words have too many neighbours
_LONG = 7  # letters from which two edits are allowed
SAME_START = 1  # first letters that must be equal


def find_closest(word: str, words: Iterable[str]) -> str | None:
    """Find the nearest of ``words`` by letters left out, added, changed or swapped; None if none is near.

    ``words`` need only be those with the same first ``SAME_START`` letters. Of two equally near, STREET and
    the like win.
    """
    slips = 2 if len(word) >= _LONG else 1
    near = [(OSA.distance(word, candidate), candidate not in STREET_KINDS, candidate) for candidate in words]
    distance, _, nearest = min(near, default=(slips + 1, False, ""))
    return nearest if distance <= slips else None
