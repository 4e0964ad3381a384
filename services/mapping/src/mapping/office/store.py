"""Statements of the names of staff."""

from collections.abc import Collection, Mapping

from sqlalchemy import ARRAY, Text, any_, bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import clock
from chassis.database import ReadSession, Session
from mapping.office.tables import office_staff

_STAFF = office_staff.c
_UPSERT = upsert(office_staff)
_SAVE = _UPSERT.on_conflict_do_update(
    index_elements=["council", "subject"],
    set_={name: _UPSERT.excluded[name] for name in ("name", "named_at")},
    where=_STAFF.name != _UPSERT.excluded.name,
)
_NAMES = select(_STAFF.subject, _STAFF.name).where(
    _STAFF.council == bindparam("council"), _STAFF.subject == any_(bindparam("subjects", type_=ARRAY(Text)))
)


async def save_name(session: Session, council: str, subject: str, name: str) -> None:
    """Write the name of a member of staff; nothing if it is known."""
    row = {"council": council, "subject": subject, "name": name, "named_at": clock.now()}
    await session.execute(_SAVE, row)


async def find_names(session: ReadSession, council: str, subjects: Collection[str]) -> Mapping[str, str]:
    """Find the names of staff, by subject."""
    rows = await session.all(_NAMES, {"council": council, "subjects": sorted(subjects)})
    return {row.subject: row.name for row in rows}
