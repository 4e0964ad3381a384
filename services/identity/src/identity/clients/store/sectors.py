"""The SQL of sectors."""

from collections.abc import Sequence

from sqlalchemy import any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import ReadSession
from identity.clients.tables import sector

_LIST = (
    select(sector.c.id)
    .where(sector.c.council == any_(bindparam("councils_", type_=ARRAY(sector.c.council.type))))
    .order_by(sector.c.created_at, sector.c.id)
)


async def list_sectors(session: ReadSession, councils: Sequence[str]) -> Sequence[str]:
    """List the sectors of councils, the oldest first."""
    return [row.id for row in await session.all(_LIST, {"councils_": list(councils)})]
