"""Receive a file: its row first, then its bytes, then a job that reads it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel

from chassis import clock, ids
from chassis.auth import Caller
from chassis.blobs import BlobStorage
from chassis.blobs.deletion import delete_later
from chassis.database import Database, Session
from chassis.etags import version_tag
from chassis.idempotency import Idempotency
from chassis.jobs import Every, Purge, enqueue
from chassis.problems import Problem, not_found
from mapping.collections.actions.layers import get_layer
from mapping.loading.actions.intake import ReadLoad
from mapping.loading.actions.reads import locate, show
from mapping.loading.rules.loads import State
from mapping.loading.schemas import LayerLoad, LoadOptions
from mapping.loading.store import loads as store
from mapping.settings import Settings

_UNFINISHED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class UploadContext:
    """Where a file goes: its row, and its bytes."""

    database: Database
    storage: BlobStorage
    settings: Settings


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file as it arrives, and what its sender says of it."""

    name: str
    options: LoadOptions
    pieces: AsyncIterator[bytes]


class _SentFile(BaseModel):
    """The part of an upload that an Idempotency-Key remembers."""

    sha256: str
    name: str
    options: LoadOptions


async def upload_file(
    context: UploadContext,
    council: str,
    name: str,
    caller: Caller,
    file: NewFile,
    remember: Callable[[str], Idempotency],
) -> Response:
    """Receive a file for a layer and have it read; answers the load as JSON. Raises Problem 400, 404, 413.

    ``remember`` makes, of the file's SHA-256, what keeps a file that is sent again from being a second load.
    """
    async with context.database.writing(council) as session:
        load = await begin_upload(session, council, name, caller, file.name, file.options)
    finished = False

    async def finish() -> LayerLoad:
        nonlocal finished
        result = await finish_upload(session, council, load, receipt)
        finished = True
        return result

    def describe(result: LayerLoad) -> Mapping[str, str]:
        return {**version_tag(result.version), "Location": locate(council, name, result.id)}

    try:
        receipt = await receive_file(context.storage, context.settings, load, file.pieces)
        digest = receipt["sha256"].hex()
        body = _SentFile(sha256=digest, name=file.name, options=file.options)
        once: Idempotency = remember(digest)
        async with context.database.writing(council) as session:
            return await once.run(session, caller, body, finish, headers=describe)
    except BaseException:
        finished = False
        raise
    finally:
        if not finished:
            async with context.database.writing(council) as session:
                await discard_upload(session, council, load)


async def begin_upload(
    session: Session, council: str, name: str, caller: Caller, file_name: str, options: LoadOptions
) -> UUID:
    """Write the row of a file that is going to arrive. Raises Problem 404."""
    layer = await get_layer(session, council, name)
    load = ids.new()
    row = {
        "council": council,
        "id": load,
        "collection": layer.id,
        "state": State.RECEIVING,
        "file_name": file_name,
        "size": 0,
        "options": options.model_dump(mode="json", exclude_none=True),
        "rows_read": 0,
        "reason": "",
        "created_by": caller.subject,
        "version": 1,
        "created_at": clock.now(),
    }
    await store.insert_load(session, row)
    return load


async def receive_file(
    storage: BlobStorage, settings: Settings, load: UUID, chunks: AsyncIterator[bytes]
) -> Mapping[str, Any]:
    """Write a file's bytes as they arrive. Raises Problem 400 or 413, and then nothing is stored."""
    meter = _Meter(chunks, settings.load_bytes, settings.load_seconds)
    await storage.write(load, meter.stream())
    if meter.size == 0:
        raise Problem(400, "empty-file", "The file is empty. Send it as the body of the request.")
    return {"size": meter.size, "sha256": meter.hash.digest()}


class _Meter:
    """Counts and hashes bytes on their way, which must end in time."""

    def __init__(self, chunks: AsyncIterator[bytes], limit: int, seconds: float) -> None:
        self._chunks, self._limit, self._seconds = chunks, limit, seconds
        self.size = 0
        self.hash = hashlib.sha256()

    async def stream(self) -> AsyncIterator[bytes]:
        deadline = asyncio.get_running_loop().time() + self._seconds
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    chunk = await anext(self._chunks)
            except StopAsyncIteration:
                return
            except TimeoutError:
                detail = "The file took too long to arrive, and nothing is kept of it. Send it again."
                raise Problem(400, "upload-too-slow", detail) from None
            self.size += len(chunk)
            if self.size > self._limit:
                raise too_large(self._limit)
            self.hash.update(chunk)
            yield chunk


def too_large(limit: int) -> Problem:
    """Make the 413 of a file over the limit, in bytes."""
    return Problem(413, "file-too-large", f"A file may have {limit} bytes at most.", limit=limit)


async def finish_upload(session: Session, council: str, load: UUID, receipt: Mapping[str, Any]) -> LayerLoad:
    """Write what arrived, and have it read. Raises Problem 404 if its row was cleared away."""
    row = await store.update_load(session, council, load, {**receipt, "state": State.WAITING})
    if row is None:
        raise not_found("load")
    await enqueue(session, ReadLoad(load=load), council=council)
    return show(row)


async def discard_upload(session: Session, council: str, load: UUID) -> None:
    """Clear away an upload that came to nothing."""
    row = await store.lock_load(session, council, load)
    if row is not None and row.state == State.RECEIVING:
        await store.delete_load(session, council, load)
        await delete_later(session, [load], council=council)


async def purge(session: Session, most: int) -> int:
    """Delete a batch of loads whose files never arrived."""
    rows = await store.purge_broken_off(session, {"broken_off": clock.now() - _UNFINISHED, "most": most})
    for row in rows:
        await delete_later(session, [row.id], council=row.council)
    return len(rows)


PURGES = (Purge("mapping.purge_loads", Every(600), purge),)
