"""Parse postcodes as people type them in a search: whole, or the beginning of one."""

import re
from dataclasses import dataclass
from functools import lru_cache

from chassis.types import normalise_postcode

# The outward code (Royal Mail PAF Programmers' Guide: A9, A99, AA9, AA99, A9A, AA9A), perhaps unfinished.
_OUTWARD = r"[A-Z]{1,2}[0-9][A-Z0-9]?"
_BEGINNING = re.compile(rf"({_OUTWARD})(?: ([0-9][A-Z]?))?")
_RUN_TOGETHER = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]??)([0-9][A-Z]?)")
MAX_LENGTH = 16
_LAST_CHARACTER = "~"  # sorts after every character of a postcode


@dataclass(frozen=True, slots=True)
class PostcodeSearch:
    """A whole postcode, or the ranges ``(from, below)`` of postcodes with a beginning.

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


def parse_postcode(text: str) -> PostcodeSearch:
    """Parse a postcode or its beginning: at least the area and a digit of the district, ``SO1``.

    Raises ValueError when no UK postcode begins so.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError("is too long for a postcode")
    return _parse(" ".join(text.upper().split()))


@lru_cache(maxsize=4096)
def _parse(typed: str) -> PostcodeSearch:
    try:
        return _whole(normalise_postcode(typed))
    except ValueError:
        begins = [beginning] if (beginning := _BEGINNING.fullmatch(typed)) else []
        prefixes = [" ".join(part for part in match.groups() if part) for match in begins]
        if match := _RUN_TOGETHER.fullmatch(typed):
            prefixes.append(" ".join(match.groups()))
        if not prefixes:
            raise
    return PostcodeSearch(None, tuple((prefix, prefix + _LAST_CHARACTER) for prefix in sorted(set(prefixes))))


def _whole(postcode: str) -> PostcodeSearch:
    return PostcodeSearch(postcode, ((postcode, postcode + _LAST_CHARACTER),))
