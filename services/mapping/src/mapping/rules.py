"""Pure rules of mapping."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placement:
    """A property's point on the British National Grid (metres) as of a version of the property.

    A property that is retired stays known, so that late news of it does not bring it back.
    """

    council: str
    uprn: int
    easting: float
    northing: float
    sequence: int
    retired: bool = False


def latest(placements: list[Placement]) -> list[Placement]:
    """One placement a property, the one of the highest version: events may come late or twice."""
    newest: dict[tuple[str, int], Placement] = {}
    for placement in placements:
        key = placement.council, placement.uprn
        if key not in newest or newest[key].sequence < placement.sequence:
            newest[key] = placement
    return list(newest.values())
