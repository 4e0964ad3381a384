"""Receive the upload of a batch in chunks, each written as soon as it is full."""

import asyncio
import csv
import hashlib
import io
import json
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from address.batches import rules, store
from address.settings import Settings
from chassis import ids
from chassis.database import Database
from chassis.problems import Problem, conflict

CHUNK_ROWS = 5_000
"""Rows of a chunk: what is answered, and kept or lost, at once."""
MAX_ROWS = 1_000_000
_YIELD_BYTES = 65_536  # bytes between two turns of the event loop


@dataclass(frozen=True, slots=True)
class Upload:
    """A complete upload that is not queued yet. ``sha256`` is of the body."""

    batch: UUID
    rows: int
    sha256: str


async def receive_upload(
    database: Database,
    settings: Settings,
    council: str,
    client: str,
    reader: rules.BatchReader,
    body: AsyncIterator[bytes],
) -> Upload:
    """Write the rows of the body. Raise Problem 400, 409, 413, 429, leaving nothing of the batch."""
    batch = ids.new()
    await _open(database, settings, council, client, batch)
    try:
        return await _ChunkWriter(database, council, batch, reader).take(body)
    except BaseException as error:
        await discard_upload(database, council, batch)
        if isinstance(error, rules.UnreadableError):
            raise Problem(400, "unreadable-batch", str(error)) from error
        raise


def upload_too_slow() -> Problem:
    """Return the 400 for an upload that paused so long that it was purged."""
    detail = "The body took too long to arrive, and nothing is kept of it. Send it again, or in parts."
    return Problem(400, "upload-too-slow", detail)


async def discard_upload(database: Database, council: str, batch: UUID) -> None:
    """Delete the upload."""
    async with database.writing(council) as session:
        await store.delete_batch(session, council, batch)


async def _open(database: Database, settings: Settings, council: str, client: str, batch: UUID) -> None:
    async with database.writing(council) as session:
        waiting, total = await store.count_batches(session, council)
        if waiting >= settings.batches_waiting:
            detail = (
                f"{settings.batches_waiting} batches of this council are still waiting or running, which is"
                " the most there may be. Send this one when one of them is finished, or delete one."
            )
            raise Problem(429, "too-many-batches", detail, headers={"Retry-After": "60"})
        if total >= settings.batches_kept:
            detail = (
                f"{settings.batches_kept} batches of this council are kept, which is the most there may be."
                " Delete those whose results you have."
            )
            raise conflict("too-many-batches-kept", detail)
        await store.insert_batch(session, council, batch, client)


class _ChunkWriter:
    def __init__(self, database: Database, council: str, batch: UUID, reader: rules.BatchReader) -> None:
        self._database = database
        self._council = council
        self._batch = batch
        self._reader = reader
        self._chunks = 0
        self._rows = 0

    async def take(self, body: AsyncIterator[bytes]) -> Upload:
        digest = hashlib.sha256()
        async for block in body:
            for start in range(0, len(block), _YIELD_BYTES):
                piece = block[start : start + _YIELD_BYTES]
                digest.update(piece)
                self._reader.feed(piece)
                await self._write(CHUNK_ROWS)
                await asyncio.sleep(0)
        self._reader.finish()
        await self._write(1)
        if not self._rows:
            raise Problem(400, "empty-batch", "The body has no row below its header. Send one or more.")
        return Upload(self._batch, self._rows, digest.hexdigest())

    async def _write(self, least: int) -> None:
        """Write full chunks; with ``least`` 1 also the rest."""
        while len(self._reader.rows) >= least:
            rows, self._reader.rows = self._reader.rows[:CHUNK_ROWS], self._reader.rows[CHUNK_ROWS:]
            self._rows += len(rows)
            if self._rows > MAX_ROWS:
                detail = f"A batch may have {MAX_ROWS} rows at most. Send the rest as another batch."
                raise Problem(413, "too-many-rows", detail, limit=MAX_ROWS)
            chunk = {"n": self._chunks, "rows": len(rows), **await asyncio.to_thread(_compress_json, rows)}
            async with self._database.writing(self._council) as session:
                if not await store.insert_chunk(session, self._council, self._batch, chunk):
                    raise upload_too_slow()
            self._chunks += 1


def _compress_json(rows: list[rules.Row]) -> dict[str, bytes | None]:
    lines = [rules.to_reject(row) for row in rows if not rules.is_usable(row)]
    content = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return {"asked": zlib.compress(content.encode(), 1), "rejects": compress_csv(lines) if lines else None}


def compress_csv(lines: list[Any]) -> bytes:
    """Compress CSV lines."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return zlib.compress(text.getvalue().encode(), 1)
