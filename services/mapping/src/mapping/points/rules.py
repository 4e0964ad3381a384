"""Pure rules of property points."""

from dataclasses import dataclass, replace


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
    retired: bool = False
    snapshot: bool = False  # the property's present state, whatever its sequence


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
