"""Statements of how the person whom a case is about is reached, and of the council's name."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from casework.cases.tables import case_contact
from chassis.database import ReadSession, Session
from chassis.tables import council

_ADD = insert(case_contact)
_NAME = select(council.c.name).where(council.c.slug == bindparam("slug"))


async def add_contact(session: Session, slug: str, case_id: UUID, contact: Any) -> None:
    """Write how the person of a new case is reached."""
    values = {"email": contact.email, "phone": contact.phone, "language": contact.language}
    await session.execute(_ADD, {"council": slug, "case_id": case_id, **values})


async def get_council_name(session: ReadSession, slug: str) -> str:
    """Get a council's name. Raises LookupError."""
    name = await session.scalar(_NAME, {"slug": slug})
    if name is None:
        raise LookupError(f"no council {slug}")
    return str(name)
