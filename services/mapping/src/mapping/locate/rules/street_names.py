"""Names of streets, alike in maps and in gazetteers."""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

_MARKS = re.compile("['.`\u2019\u00b4]")
_OTHER = re.compile(r"[^A-Z0-9]+")
_SAINT = re.compile(r"^SAINT ")
LONGEST = 100


def fold_street_name(name: str) -> str:
    """Fold a street's name, so that ``St. John's Road`` is ``ST JOHNS ROAD``; at most 100 characters."""
    plain = unicodedata.normalize("NFKD", name[: 2 * LONGEST].upper())
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    folded = _OTHER.sub(" ", _MARKS.sub("", letters)).strip()
    return _SAINT.sub("ST ", folded)[:LONGEST]


@dataclass(frozen=True, slots=True)
class StreetName:
    """A street's folded name, and its point in metres if address says one, as of a version of the street.

    A retired street stays, so that a late event does not bring it back.
    """

    council: str
    usrn: int
    name: str
    easting: float | None
    northing: float | None
    sequence: int
    retired: bool = False
    snapshot: bool = False  # the street's present state, whatever its sequence


class NamedStreet(NamedTuple):
    """A street of a name: its USRN and its point, if there is one."""

    usrn: int
    easting: float | None
    northing: float | None


def select_latest(streets: Sequence[StreetName]) -> list[StreetName]:
    """Select each street's latest state since its last snapshot, if there is one."""
    newest: dict[tuple[str, int], StreetName] = {}
    for street in streets:
        key = street.council, street.usrn
        latest = newest.get(key)
        if latest is None or street.snapshot or latest.sequence < street.sequence:
            overrides = street.snapshot or (latest is not None and latest.snapshot)
            newest[key] = replace(street, snapshot=overrides)
    return list(newest.values())


def choose_street(streets: Sequence[NamedStreet], easting: float, northing: float) -> int | None:
    """Choose which of the streets of one name a point is in: the nearest of those whose points are known.

    A street without a point is chosen only if it is the one of its name: two towns of a council may both
    have a Station Road.
    """
    if len(streets) == 1:
        return streets[0].usrn
    distances = [
        (math.hypot(street.easting - easting, street.northing - northing), street.usrn)
        for street in streets
        if street.easting is not None and street.northing is not None
    ]
    return min(distances)[1] if distances else None
