"""Receive a batch as it arrives: in chunks that are written as soon as they are full, never as a whole."""

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

CHUNK = 5_000
"""Rows of a chunk: what is answered, and kept or lost, at once."""
MOST_ROWS = 1_000_000
_PIECE = 65_536  # bytes read before others have their turn


@dataclass(frozen=True, slots=True)
class Received:
    """A batch whose rows are all there, not queued yet. ``sha256`` is of the body."""

    batch: UUID
    rows: int
    sha256: str


async def receive(
    database: Database,
    settings: Settings,
    council: str,
    client: str,
    reader: rules.Reader,
    body: AsyncIterator[bytes],
) -> Received:
    """Write the rows of the body. Raises Problem 400, 409, 413, 429; nothing is left of the batch then."""
    batch = ids.new()
    await _open(database, settings, council, client, batch)
    try:
        return await _Upload(database, council, batch, reader).take(body)
    except BaseException as error:
        await discard(database, council, batch)
        if isinstance(error, rules.UnreadableError):
            raise Problem(400, "unreadable-batch", str(error)) from error
        raise


def too_slow() -> Problem:
    """The upload paused so long that it was taken for broken off."""
    detail = "The body took too long to arrive, and nothing is kept of it. Send it again, or in parts."
    return Problem(400, "upload-too-slow", detail)


async def discard(database: Database, council: str, batch: UUID) -> None:
    """Forget what was received."""
    async with database.writing(council) as session:
        await store.drop(session, council, batch)


async def _open(database: Database, settings: Settings, council: str, client: str, batch: UUID) -> None:
    async with database.writing(council) as session:
        waiting, kept = await store.numbers(session, council)
        if waiting >= settings.batches_waiting:
            detail = (
                f"{settings.batches_waiting} batches of this council are still waiting or running, which is"
                " the most there may be. Send this one when one of them is finished, or delete one."
            )
            raise Problem(429, "too-many-batches", detail, headers={"Retry-After": "60"})
        if kept >= settings.batches_kept:
            detail = (
                f"{settings.batches_kept} batches of this council are kept, which is the most there may be."
                " Delete those whose results you have."
            )
            raise conflict("too-many-batches-kept", detail)
        await store.receive(session, council, batch, client)


class _Upload:
    def __init__(self, database: Database, council: str, batch: UUID, reader: rules.Reader) -> None:
        self._database = database
        self._council = council
        self._batch = batch
        self._reader = reader
        self._chunks = 0
        self._rows = 0

    async def take(self, body: AsyncIterator[bytes]) -> Received:
        digest = hashlib.sha256()
        async for block in body:
            for start in range(0, len(block), _PIECE):
                piece = block[start : start + _PIECE]
                digest.update(piece)
                self._reader.feed(piece)
                await self._write(CHUNK)
                await asyncio.sleep(0)
        self._reader.finish()
        await self._write(1)
        if not self._rows:
            raise Problem(400, "empty-batch", "The body has no row below its header. Send one or more.")
        return Received(self._batch, self._rows, digest.hexdigest())

    async def _write(self, least: int) -> None:
        """Write full chunks; with ``least`` 1 the rest too."""
        while len(self._reader.rows) >= least:
            rows, self._reader.rows = self._reader.rows[:CHUNK], self._reader.rows[CHUNK:]
            self._rows += len(rows)
            if self._rows > MOST_ROWS:
                detail = f"A batch may have {MOST_ROWS} rows at most. Send the rest as another batch."
                raise Problem(413, "too-many-rows", detail, limit=MOST_ROWS)
            chunk = {"n": self._chunks, "rows": len(rows), **await asyncio.to_thread(_packed, rows)}
            async with self._database.writing(self._council) as session:
                if not await store.add(session, self._council, self._batch, chunk):
                    raise too_slow()
            self._chunks += 1


def _packed(rows: list[rules.Row]) -> dict[str, bytes | None]:
    lines = [rules.reject(row) for row in rows if not rules.usable(row)]
    content = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return {"asked": zlib.compress(content.encode(), 1), "rejects": packed(lines) if lines else None}


def packed(lines: list[Any]) -> bytes:
    """CSV lines, compressed."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return zlib.compress(text.getvalue().encode(), 1)
