"""The sectors from which a council's services derive the subjects of people."""

from collections.abc import Sequence

from chassis.database import ReadSession
from identity.clients.store import sectors as store


async def list_sectors(session: ReadSession, *councils: str) -> Sequence[str]:
    """List the sectors of councils: one each, or several where a council has taken over others.

    ``region`` is that of the region's own clients. A person has a subject in each.
    """
    return await store.list_sectors(session, councils)
