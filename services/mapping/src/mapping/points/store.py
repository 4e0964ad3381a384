"""Every SQL statement of property points."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Integer,
    Numeric,
    Row,
    Text,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from chassis.database import ReadSession, Session
from mapping.points.rules import Placement
from mapping.points.tables import property_point

_COLUMNS = {
    "council": Text,
    "uprn": BigInteger,
    "easting": Numeric,
    "northing": Numeric,
    "sequence": Integer,
    "retired": Boolean,
    "postcode": Text,
}
# One statement for a whole batch of events: a gazetteer arrives by the hundred thousand.
_INSERT = insert(property_point).from_select(
    list(_COLUMNS),
    select(*(func.unnest(bindparam(name, type_=ARRAY(kind))) for name, kind in _COLUMNS.items())),
)
_NEW_POINT = {
    **{name: _INSERT.excluded[name] for name in ("easting", "northing", "sequence", "retired", "postcode")},
    "updated_at": func.now(),
}
_SET_POINTS = _INSERT.on_conflict_do_update(index_elements=["council", "uprn"], set_=_NEW_POINT)
_UPSERT_POINTS = _INSERT.on_conflict_do_update(
    index_elements=["council", "uprn"],
    set_=_NEW_POINT,
    where=property_point.c.sequence < _INSERT.excluded.sequence,
)
_LIVE = (property_point.c.council == bindparam("council"), property_point.c.retired.is_(False))
_GET_POINT = select(property_point).where(*_LIVE, property_point.c.uprn == bindparam("uprn"))
# Keyset pages: the next page starts after a UPRN.
_LIST_POINTS = (
    select(property_point)
    .where(*_LIVE, property_point.c.uprn > bindparam("after"))
    .order_by(property_point.c.uprn)
    .limit(bindparam("most"))
)
_LIST_OUTCODES = text("""SELECT DISTINCT split_part(postcode, ' ', 1) AS outcode FROM property_point
    WHERE council = :council AND postcode IS NOT NULL AND updated_at > :since""").bindparams(
    bindparam("since", type_=DateTime(timezone=True))
)
_LIST_IN_OUTCODE = text("""SELECT split_part(postcode, ' ', 2) AS incode, easting::float, northing::float
    FROM property_point WHERE council = :council AND NOT retired
    AND postcode > :outcode || ' ' AND postcode < :outcode || '!' ORDER BY postcode""")


async def upsert_points(session: Session, placements: Sequence[Placement]) -> None:
    """Insert or update points, one a property; a lower version never overwrites a higher one."""
    await session.execute(_UPSERT_POINTS, _to_columns(placements))


async def set_points(session: Session, placements: Sequence[Placement]) -> None:
    """Set points to these, one a property, whatever their versions."""
    await session.execute(_SET_POINTS, _to_columns(placements))


def _to_columns(placements: Sequence[Placement]) -> dict[str, list[Any]]:
    return {name: [getattr(placement, name) for placement in placements] for name in _COLUMNS}


async def get_point(session: ReadSession, council: str, uprn: int) -> Row[Any] | None:
    """Get the point of a property that is not retired."""
    return await session.first(_GET_POINT, {"council": council, "uprn": uprn})


async def list_points(session: ReadSession, council: str, after: int, most: int) -> Sequence[Row[Any]]:
    """List at most ``most`` points after the UPRN ``after``, by UPRN."""
    return await session.all(_LIST_POINTS, {"council": council, "after": after, "most": most})


async def list_outcodes(session: ReadSession, council: str, since: datetime) -> list[str]:
    """List the outcodes of properties that were written after a moment."""
    rows = await session.all(_LIST_OUTCODES, {"council": council, "since": since})
    return [row.outcode for row in rows]


async def list_in_outcode(session: ReadSession, council: str, outcode: str) -> Sequence[Row[Any]]:
    """List the properties of an outcode by postcode: its second half, easting and northing."""
    return await session.all(_LIST_IN_OUTCODE, {"council": council, "outcode": outcode})
