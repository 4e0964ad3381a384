"""Pure rules of property points."""

import re
from dataclasses import dataclass, replace

_POSTCODE = re.compile(r"[A-Z][A-Z0-9]{1,3} [0-9][A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Placement:
    """A property's point on the British National Grid (metres) as of a version of the property.

    A retired property keeps its point, so that a late event does not bring it back.
    """

    council: str
    uprn: int
    easting: float
    northing: float
    sequence: int
    postcode: str | None = None
    retired: bool = False
    snapshot: bool = False  # the property's present state, whatever its sequence


def read_postcode(text: str) -> str | None:
    """Return a postcode as address's events write it; None for what is none."""
    return text if _POSTCODE.fullmatch(text) else None


def select_latest(placements: list[Placement]) -> list[Placement]:
    """Select each property's placement of the highest version since its last snapshot, if there is one.

    Events may arrive late or twice.
    """
    newest: dict[tuple[str, int], Placement] = {}
    for placement in placements:
        key = placement.council, placement.uprn
        latest = newest.get(key)
        if latest is None or placement.snapshot or latest.sequence < placement.sequence:
            overrides = placement.snapshot or (latest is not None and latest.snapshot)
            newest[key] = replace(placement, snapshot=overrides)
    return list(newest.values())
