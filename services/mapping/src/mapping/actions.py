"""Use cases of mapping."""

from typing import Any

from sqlalchemy import Row

from chassis.database import ReadSession, Session
from chassis.pages import Page, Pager
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
    return _shown(row)


async def list_points(session: ReadSession, council: str, paging: Pager) -> Page[Point]:
    """The council's points by UPRN, a page at a time."""
    start = paging.start(int)
    rows = await store.points(session, council, start[0] if start else 0, paging.fetch)
    return paging.page(rows, _shown, lambda row: [row.uprn])


def _shown(row: Row[Any]) -> Point:
    return Point(
        uprn=str(row.uprn), easting=float(row.easting), northing=float(row.northing), sequence=row.sequence
    )
