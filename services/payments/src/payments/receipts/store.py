"""The council's name, on its receipts."""

from sqlalchemy import bindparam, select

from chassis.database import ReadSession
from chassis.tables import council

_NAME = select(council.c.name).where(council.c.slug == bindparam("slug"))


async def get_council_name(session: ReadSession, slug: str) -> str:
    """Get a council's name. Raises LookupError."""
    name = await session.scalar(_NAME, {"slug": slug})
    if name is None:
        raise LookupError(f"no council {slug}")
    return str(name)
