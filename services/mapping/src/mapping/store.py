"""Every SQL statement of mapping."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from chassis.database import ReadSession, Session
from mapping.rules import Placement
from mapping.tables import property_point

_INSERT = insert(property_point)
_PLACE = _INSERT.on_conflict_do_update(
    index_elements=["council", "uprn"],
    set_={
        **{name: _INSERT.excluded[name] for name in ("easting", "northing", "sequence")},
        "updated_at": func.now(),
    },
    where=property_point.c.sequence < _INSERT.excluded.sequence,
)
_POINT = select(property_point).where(
    property_point.c.council == bindparam("council"), property_point.c.uprn == bindparam("uprn")
)


async def place(session: Session, placements: Sequence[Placement]) -> None:
    """Write points; a lower version never overwrites a higher one."""
    await session.execute(_PLACE, [asdict(placement) for placement in placements])


async def point(session: ReadSession, council: str, uprn: int) -> Row[Any] | None:
    return await session.first(_POINT, {"council": council, "uprn": uprn})
