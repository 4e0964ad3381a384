"""Pure rules of mapping."""

from dataclasses import dataclass


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


def select_latest(placements: list[Placement]) -> list[Placement]:
    """Select each property's placement of the highest version: events may arrive late or twice."""
    newest: dict[tuple[str, int], Placement] = {}
    for placement in placements:
        key = placement.council, placement.uprn
        if key not in newest or newest[key].sequence < placement.sequence:
            newest[key] = placement
    return list(newest.values())
