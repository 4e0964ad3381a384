"""Postcodes as people type them when they search: whole ones, and the beginnings of one."""

import re
from dataclasses import dataclass
from functools import lru_cache

from chassis.types import normal_postcode

# The outward code (Royal Mail PAF Programmers' Guide: A9, A99, AA9, AA99, A9A, AA9A), in full or not yet.
_OUTWARD = r"[A-Z]{1,2}[0-9][A-Z0-9]?"
_BEGINNING = re.compile(rf"({_OUTWARD})(?: ([0-9][A-Z]?))?")
_RUN_TOGETHER = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]??)([0-9][A-Z]?)")
LONGEST = 16
_AFTER_ALL = "~"  # sorts after every character of a postcode


@dataclass(frozen=True, slots=True)
class PostcodeSearch:
    """A whole postcode, or the ranges ``(from, below)`` in which postcodes that begin so lie.

    ``BA11`` may begin BA11 1AA or BA1 1AA, so there can be two ranges.
    """

    whole: str | None
    ranges: tuple[tuple[str, str], ...]

    @property
    def lows(self) -> list[str]:
        return [low for low, _ in self.ranges]

    @property
    def highs(self) -> list[str]:
        return [high for _, high in self.ranges]


def search(text: str) -> PostcodeSearch:
    """What to look for. The least is the area and one digit of the district: ``SO1``.

    Raises ValueError when no UK postcode begins so.
    """
    if len(text) > LONGEST:
        raise ValueError("is too long for a postcode")
    return _search(" ".join(text.upper().split()))


@lru_cache(maxsize=4096)
def _search(typed: str) -> PostcodeSearch:
    try:
        return _whole(normal_postcode(typed))
    except ValueError:
        begins = [found] if (found := _BEGINNING.fullmatch(typed)) else []
        prefixes = [" ".join(part for part in match.groups() if part) for match in begins]
        if match := _RUN_TOGETHER.fullmatch(typed):
            prefixes.append(" ".join(match.groups()))
        if not prefixes:
            raise
    return PostcodeSearch(None, tuple((prefix, prefix + _AFTER_ALL) for prefix in sorted(set(prefixes))))


def _whole(postcode: str) -> PostcodeSearch:
    return PostcodeSearch(postcode, ((postcode, postcode + _AFTER_ALL),))
