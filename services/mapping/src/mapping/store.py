"""Every SQL statement of mapping."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, Numeric, Row, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from chassis.database import ReadSession, Session
from mapping.rules import Placement
from mapping.tables import property_point

_COLUMNS = {
    "council": Text,
    "uprn": BigInteger,
    "easting": Numeric,
    "northing": Numeric,
    "sequence": Integer,
    "retired": Boolean,
}
# One statement for a whole batch of events: a gazetteer arrives by the hundred thousand.
_INSERT = insert(property_point).from_select(
    list(_COLUMNS),
    select(*(func.unnest(bindparam(name, type_=ARRAY(kind))) for name, kind in _COLUMNS.items())),
)
_PLACE = _INSERT.on_conflict_do_update(
    index_elements=["council", "uprn"],
    set_={
        **{name: _INSERT.excluded[name] for name in ("easting", "northing", "sequence", "retired")},
        "updated_at": func.now(),
    },
    where=property_point.c.sequence < _INSERT.excluded.sequence,
)
_LIVE = (property_point.c.council == bindparam("council"), property_point.c.retired.is_(False))
_POINT = select(property_point).where(*_LIVE, property_point.c.uprn == bindparam("uprn"))
# Keyset pages: the next page starts behind a UPRN, wherever that is.
_POINTS = (
    select(property_point)
    .where(*_LIVE, property_point.c.uprn > bindparam("after"))
    .order_by(property_point.c.uprn)
    .limit(bindparam("most"))
)


async def place(session: Session, placements: Sequence[Placement]) -> None:
    """Write points, one a property; a lower version never overwrites a higher one."""
    await session.execute(_PLACE, {name: [getattr(one, name) for one in placements] for name in _COLUMNS})


async def point(session: ReadSession, council: str, uprn: int) -> Row[Any] | None:
    return await session.first(_POINT, {"council": council, "uprn": uprn})


async def points(session: ReadSession, council: str, after: int, most: int) -> Sequence[Row[Any]]:
    """At most ``most`` points behind the UPRN ``after``, in the order of UPRNs."""
    return await session.all(_POINTS, {"council": council, "after": after, "most": most})
