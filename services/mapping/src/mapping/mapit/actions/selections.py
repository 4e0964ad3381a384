"""Parameters that choose areas, read from their texts."""

import math
import re
from dataclasses import dataclass

from mapping.mapit.actions.problems import refuse
from mapping.mapit.rules.areas import CouncilAreas, Selection

MOST_WITHIN = 10_000.0  # metres


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters as they came; empty: absent."""

    type: str = ""
    country: str = ""
    generation: str = ""
    min_generation: str = ""


def read_selection(areas: CouncilAreas, query: Query) -> Selection:
    """Read which areas are wanted: of the generation that holds now, if none is named. Raises Problem 400."""
    high = _read_generation(query.generation) or areas.generations.current
    low = _read_generation(query.min_generation) or high
    types = frozenset(kind for kind in query.type.split(",") if kind)
    return Selection(min(low, high), high, types, query.country)


def read_within(text: str) -> float:
    """Read a distance in metres; 0 where none is given. Raises Problem 400."""
    if not text:
        return 0.0
    within = _read_number(text)
    if within is None or within > MOST_WITHIN:
        raise refuse('Bad "within" parameter specified')
    return within


def read_tolerance(text: str) -> float:
    """Read how far a simplified shape may be off; 0 where none is given. Raises Problem 400."""
    if not text:
        return 0.0
    tolerance = _read_number(text)
    if tolerance is None:
        raise refuse("Badly specified tolerance")
    return tolerance


def _read_generation(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise refuse("Bad value specified for generation parameter")
    return int(text)


def _read_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
