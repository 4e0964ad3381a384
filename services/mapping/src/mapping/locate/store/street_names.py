"""Statements of streets' names."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, Integer, Numeric, Row, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from chassis.database import ReadSession, Session
from mapping.locate.rules.street_names import StreetName
from mapping.locate.tables import street_name

_COLUMNS = {
    "council": Text,
    "usrn": Integer,
    "name": Text,
    "easting": Numeric,
    "northing": Numeric,
    "sequence": Integer,
    "retired": Boolean,
}
_INSERT = insert(street_name).from_select(
    list(_COLUMNS),
    select(*(func.unnest(bindparam(name, type_=ARRAY(kind))) for name, kind in _COLUMNS.items())),
)
_NEW: dict[str, Any] = {name: _INSERT.excluded[name] for name in ("name", "sequence", "retired")}
# An event without a point leaves the one that is known.
for _point in ("easting", "northing"):
    _NEW[_point] = func.coalesce(_INSERT.excluded[_point], street_name.c[_point])
_NEW["updated_at"] = func.now()
_SET = _INSERT.on_conflict_do_update(index_elements=["council", "usrn"], set_=_NEW)
_UPSERT = _INSERT.on_conflict_do_update(
    index_elements=["council", "usrn"],
    set_=_NEW,
    where=street_name.c.sequence < _INSERT.excluded.sequence,
)
_LIST = (
    select(street_name.c.usrn, street_name.c.easting, street_name.c.northing)
    .where(
        street_name.c.council == bindparam("council"),
        street_name.c.name == bindparam("name"),
        street_name.c.retired.is_(False),
    )
    .order_by(street_name.c.usrn)
    .limit(bindparam("most"))
)

_GET = select(street_name.c.easting, street_name.c.northing).where(
    street_name.c.council == bindparam("council"),
    street_name.c.usrn == bindparam("usrn"),
    street_name.c.retired.is_(False),
)


async def upsert_streets(session: Session, streets: Sequence[StreetName]) -> None:
    """Insert or update streets, one a USRN; a lower version never overwrites a higher one."""
    await session.execute(_UPSERT, _to_columns(streets))


async def set_streets(session: Session, streets: Sequence[StreetName]) -> None:
    """Set streets to these, one a USRN, whatever their versions."""
    await session.execute(_SET, _to_columns(streets))


def _to_columns(streets: Sequence[StreetName]) -> dict[str, list[Any]]:
    return {name: [getattr(street, name) for street in streets] for name in _COLUMNS}


async def list_named(session: ReadSession, council: str, name: str, most: int) -> Sequence[Row[Any]]:
    """List the streets of a folded name, by USRN: ``usrn``, ``easting`` and ``northing``."""
    return await session.all(_LIST, {"council": council, "name": name, "most": most})


async def get_street(session: ReadSession, council: str, usrn: int) -> Row[Any] | None:
    """Get the point of a street that is not retired: ``easting`` and ``northing``, both null if not known."""
    return await session.first(_GET, {"council": council, "usrn": usrn})
