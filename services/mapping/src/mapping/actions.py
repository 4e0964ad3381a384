"""Use cases of mapping."""

from chassis.database import ReadSession, Session
from chassis.problems import not_found
from mapping import store
from mapping.rules import Placement, latest
from mapping.schemas import Point


async def place_properties(session: Session, placements: list[Placement]) -> None:
    """Take in where properties are, whatever the order the news comes in."""
    await store.place(session, latest(placements))


async def read_point(session: ReadSession, council: str, uprn: int) -> Point:
    """Where a property is. Raises Problem 404 while no event has said so."""
    row = await store.point(session, council, uprn)
    if row is None:
        raise not_found(f"point of property {uprn} in {council}")
    return Point(
        uprn=str(row.uprn), easting=float(row.easting), northing=float(row.northing), sequence=row.sequence
    )
