"""Resync: a service tells its present state again as events, so that every copy of it ends equal.

For a stream that was lost, or PostgreSQL and NATS restored from different moments. The events are marked
``snapshot``: copies are set to them, whatever sequence they had, and what acts on events skips them.
An aggregate is locked while its event is written, so no change of it stands in the wrong order.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from chassis import outbox
from chassis.database import Database, Session

_MAX_WAITING = 10_000  # events in the outbox; the next page waits for the relay until there are fewer
_POLL = 0.2  # seconds


class Page(NamedTuple):
    """The events of a page, and the key of its last aggregate: None after the last page."""

    events: int
    after: Any


# Adds a snapshot event of each aggregate after a key, locked; the first page is after None.
AddSnapshots = Callable[[Session, Any], Awaitable[Page]]


class Progress(NamedTuple):
    """So many events of a kind of aggregate are in the outbox. ``waits``: for the relay to publish some."""

    aggregate: str
    events: int
    waits: bool = False


async def resync(snapshots: Mapping[str, AddSnapshots], database: Database) -> AsyncIterator[Progress]:
    """Write the events of a service's present state to its outbox, a page in a transaction."""
    for aggregate, add_snapshots in snapshots.items():
        count, after, ended = 0, None, False
        while not ended:
            while await _is_outbox_full(database):
                yield Progress(aggregate, count, waits=True)
                await asyncio.sleep(_POLL)
            async with database.writing() as session:
                if database.rows_secured:
                    await session.set_all_councils()
                page = await add_snapshots(session, after)
            count, after, ended = count + page.events, page.after, page.after is None
            yield Progress(aggregate, count)


async def _is_outbox_full(database: Database) -> bool:
    async with database.reading() as session:
        return any(lane.length >= _MAX_WAITING for lane in await outbox.read_backlog(session))
