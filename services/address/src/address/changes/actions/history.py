"""Read who changed what of one property or street, the latest first."""

from address.changes.schemas import Past
from address.changes.store import history
from chassis.database import ReadSession


async def list_by_property(
    session: ReadSession, council: str, uprn: int, before: int | None, limit: int
) -> list[Past]:
    """List changes of a property, those of versions before one if it is given."""
    rows = await history.list_by_property(session, council, uprn, before, limit)
    return [Past(**row._mapping) for row in rows]  # noqa: SLF001


async def list_by_street(
    session: ReadSession, council: str, usrn: int, before: int | None, limit: int
) -> list[Past]:
    """List changes of a street, as ``list_by_property``."""
    rows = await history.list_by_street(session, council, usrn, before, limit)
    return [Past(**row._mapping) for row in rows]  # noqa: SLF001
