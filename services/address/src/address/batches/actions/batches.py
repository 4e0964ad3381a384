"""Queue, read and delete batches, and read their results."""

import zlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from address.batches import store
from address.batches.actions import jobs
from address.batches.actions.uploads import Upload, upload_too_slow
from address.batches.schemas import Batch, BatchLinks
from address.settings import Settings
from chassis import ids
from chassis.database import Database, ReadSession, Session
from chassis.problems import conflict, not_found

RESULTS = b"id,outcome,uprn,confidence,exact\r\n"
REJECTS = b"line,id,reason\r\n"


async def queue_batch(session: Session, settings: Settings, council: str, upload: Upload) -> Batch:
    """Queue a completely uploaded batch, and the job that matches it. Raise Problem 400."""
    row = await store.queue_batch(session, council, upload.batch, upload.rows, settings.batch_days)
    if row is None:
        raise upload_too_slow()
    await jobs.enqueue_match(session, council, upload.batch)
    return to_batch(row, council)


async def get_batch(session: ReadSession, council: str, batch: UUID) -> Batch:
    """Return the batch. Raise Problem 404."""
    return to_batch(await _row(session, council, batch), council)


async def delete_batch(session: Session, council: str, batch: UUID) -> None:
    """Delete the batch with all its rows; a running match stops. Raise Problem 404."""
    await _row(session, council, batch)
    await jobs.cancel_match(session, council, batch)
    await store.delete_batch(session, council, batch)


async def check_done(session: ReadSession, council: str, batch: UUID) -> None:
    """Raise Problem 404, and 409 while the batch is not done."""
    row = await _row(session, council, batch)
    if row.status in {"queued", "running"}:
        detail = f"{row.done} of {row.rows} rows are done. Ask again when the batch's status is finished."
        raise conflict("batch-not-finished", detail)


async def read_lines(database: Database, council: str, batch: UUID, *, rejects: bool) -> AsyncIterator[bytes]:
    """Yield the header and all lines by chunk. No connection is held while the client reads."""
    yield REJECTS if rejects else RESULTS
    after = -1
    while True:
        async with database.reading(council) as session:
            row = await store.get_chunk_lines(session, council, batch, after, rejects=rejects)
        if row is None:
            return
        after = row.n
        yield zlib.decompress(row.lines)


async def _row(session: ReadSession, council: str, batch: UUID) -> Row[Any]:
    row = await store.get_batch(session, council, batch)
    if row is None:
        raise not_found(f"batch {ids.show(batch)}")
    return row


def batch_path(council: str, batch: UUID) -> str:
    """Return the batch's path."""
    return f"/{council}/address/v1/match/batches/{ids.show(batch)}"


def to_batch(row: Row[Any], council: str) -> Batch:
    """Convert a row to a batch."""
    path = batch_path(council, row.id)
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
        expires=row.expires_at,
        fault=row.fault,
        links=BatchLinks(self=path, results=f"{path}/results", rejects=f"{path}/rejects"),
    )
