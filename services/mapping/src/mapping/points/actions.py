"""Use cases of property points."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from chassis.database import ReadSession, Session
from chassis.pages import Page, Pager
from chassis.problems import not_found
from mapping.points import store
from mapping.points.rules import Placement, select_latest
from mapping.points.schemas import Point


async def place_properties(session: Session, placements: list[Placement]) -> None:
    """Record where properties are, in whichever order their events arrive."""
    latest = select_latest(placements)
    if snapshots := [placement for placement in latest if placement.snapshot]:
        await store.set_points(session, snapshots)
    await store.upsert_points(session, [placement for placement in latest if not placement.snapshot])


async def read_point(session: ReadSession, council: str, uprn: int) -> Point:
    """Get where a property is. Raises Problem 404 if no event has placed it."""
    row = await store.get_point(session, council, uprn)
    if row is None:
        raise not_found(f"point of property {uprn} in {council}")
    return _to_point(row)


async def list_points(session: ReadSession, council: str, paging: Pager) -> Page[Point]:
    """List a page of the council's points, by UPRN."""
    start = paging.start(int)
    rows = await store.list_points(session, council, start[0] if start else 0, paging.fetch)
    return paging.page(rows, _to_point, lambda row: [row.uprn])


async def list_outcodes(session: ReadSession, council: str, since: datetime) -> list[str]:
    """List the outcodes of properties that were written after a moment."""
    return await store.list_outcodes(session, council, since)


async def list_in_outcode(session: ReadSession, council: str, outcode: str) -> Sequence[Row[Any]]:
    """List the properties of an outcode by postcode: ``incode`` (its second half), easting, northing."""
    return await store.list_in_outcode(session, council, outcode)


def _to_point(row: Row[Any]) -> Point:
    return Point(
        uprn=str(row.uprn), easting=float(row.easting), northing=float(row.northing), sequence=row.sequence
    )
