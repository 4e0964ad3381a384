"""Statements of how the person whom a case is about is reached, of where it is, and of the council's name."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from casework.cases.tables import case_contact, case_place
from chassis.database import ReadSession, Session
from chassis.tables import council

_ADD = upsert(case_contact)
_SAVE = _ADD.on_conflict_do_update(
    index_elements=["council", "case_id"],
    set_={name: _ADD.excluded[name] for name in ("email", "phone", "language")},
)
_ADD_PLACE = insert(case_place)
_NAME = select(council.c.name).where(council.c.slug == bindparam("slug"))


async def save_contact(session: Session, slug: str, case_id: UUID, contact: Any) -> None:
    """Write how the person of a case is reached."""
    values = {"email": contact.email, "phone": contact.phone, "language": contact.language}
    await session.execute(_SAVE, {"council": slug, "case_id": case_id, **values})


async def add_place(session: Session, slug: str, case_id: UUID, place: Any) -> None:
    """Write where a new case is."""
    values = {"lat": place.lat, "long": place.long, "usrn": place.usrn}
    await session.execute(_ADD_PLACE, {"council": slug, "case_id": case_id, **values})


async def get_council_name(session: ReadSession, slug: str) -> str:
    """Get a council's name. Raises LookupError."""
    name = await session.scalar(_NAME, {"slug": slug})
    if name is None:
        raise LookupError(f"no council {slug}")
    return str(name)
