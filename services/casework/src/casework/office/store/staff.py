"""Statements of the names of staff."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Row, Text, any_, bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from casework.office.tables import office_staff
from chassis import clock
from chassis.database import ReadSession, Session

_STAFF = office_staff.c
_UPSERT = upsert(office_staff)
_SAVE = _UPSERT.on_conflict_do_update(
    index_elements=["council", "subject"],
    set_={name: _UPSERT.excluded[name] for name in ("name", "named_at")},
    where=_STAFF.name != _UPSERT.excluded.name,
)
_OF_COUNCIL = _STAFF.council == bindparam("council")
_LIST = (
    select(_STAFF.subject, _STAFF.name)
    .where(_OF_COUNCIL)
    .order_by(_STAFF.name, _STAFF.subject)
    .limit(bindparam("most"))
)
_NAMES = select(_STAFF.subject, _STAFF.name).where(
    _OF_COUNCIL, _STAFF.subject == any_(bindparam("subjects", type_=ARRAY(Text)))
)


async def save_name(session: Session, council: str, subject: str, name: str) -> None:
    """Write the name of a member of staff; nothing if it is known."""
    row = {"council": council, "subject": subject, "name": name, "named_at": clock.now()}
    await session.execute(_SAVE, row)


async def list_names(session: ReadSession, council: str, most: int) -> Sequence[Row[Any]]:
    """List staff by their names."""
    return await session.all(_LIST, {"council": council, "most": most})


async def find_names(session: ReadSession, council: str, subjects: Collection[str]) -> Mapping[str, str]:
    """Find the names of staff, by subject."""
    rows = await session.all(_NAMES, {"council": council, "subjects": sorted(subjects)})
    return {row.subject: row.name for row in rows}
