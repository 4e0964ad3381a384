"""Batches of matching as their owner sees them: queued, looked at, read, deleted."""

import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from address.batches import store
from address.batches.actions.uploads import Received, too_slow
from address.batches.schemas import Batch, BatchLinks
from address.settings import Settings
from chassis import ids
from chassis.database import Database, ReadSession, Session
from chassis.problems import conflict, not_found

RESULTS = b"id,outcome,uprn,confidence,exact\r\n"
REJECTS = b"line,id,reason\r\n"


async def queue(session: Session, settings: Settings, council: str, received: Received) -> Batch:
    """The batch is complete: the workers may have it. Raises Problem 400."""
    row = await store.queue(session, council, received.batch, received.rows)
    if row is None:
        raise too_slow()
    return shown(row, settings, council)


async def read(session: ReadSession, settings: Settings, council: str, batch: UUID) -> Batch:
    """Raises Problem 404."""
    return shown(await _row(session, council, batch), settings, council)


async def delete(session: Session, council: str, batch: UUID) -> None:
    """Forget the batch and all its rows; what is running stops. Raises Problem 404."""
    await _row(session, council, batch)
    await store.drop(session, council, batch)


async def check_readable(session: ReadSession, council: str, batch: UUID) -> None:
    """Raises Problem 404, and 409 while the batch is not done."""
    row = await _row(session, council, batch)
    if row.status in {"queued", "running"}:
        detail = f"{row.done} of {row.rows} rows are done. Ask again when the batch's status is finished."
        raise conflict("batch-not-finished", detail)


async def lines(database: Database, council: str, batch: UUID, *, rejects: bool) -> AsyncIterator[bytes]:
    """The header and all lines, chunk by chunk; no connection is held while the client reads."""
    yield REJECTS if rejects else RESULTS
    after = -1
    while True:
        async with database.reading(council) as session:
            row = await store.lines(session, council, batch, after, rejects=rejects)
        if row is None:
            return
        after = row.n
        yield zlib.decompress(row.lines)


async def _row(session: ReadSession, council: str, batch: UUID) -> Row[Any]:
    row = await store.read(session, council, batch)
    if row is None:
        raise not_found(f"batch {ids.show(batch)}")
    return row


def place(council: str, batch: UUID) -> str:
    """The batch's path."""
    return f"/{council}/address/v1/match/batches/{ids.show(batch)}"


def shown(row: Row[Any], settings: Settings, council: str) -> Batch:
    """The batch as the API has it."""
    here = place(council, row.id)
    return Batch(
        id=row.id,
        status=row.status,
        rows=row.rows,
        done=row.done,
        matched=row.matched,
        ambiguous=row.ambiguous,
        none=row.missing,
        rejected=row.rejected,
        created=row.created_at,
        started=row.started_at,
        finished=row.finished_at,
        expires=row.created_at + timedelta(days=settings.batch_days),
        fault=row.fault,
        links=BatchLinks(self=here, results=f"{here}/results", rejects=f"{here}/rejects"),
    )
