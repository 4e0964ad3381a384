"""Pictures without what they say of their maker: place, time, camera, thumbnails, comments.

A picture is decoded and encoded anew, in a process of its own with bounds of memory and time: a hostile one
ends that process and no other.
"""

import asyncio
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from typing import IO
from uuid import UUID

from chassis.blobs.content import Content
from chassis.blobs.storage import CHUNK, BlobStorage

IMAGES = (Content.JPEG, Content.PNG, Content.GIF, Content.WEBP)
"""The kinds that can be encoded anew. A GIF is its first picture from then on."""
_TIMEOUT = 30.0  # seconds; the process's own bound of CPU time is shorter
_MAX_REASON = 300


class BrokenImageError(Exception):
    """A picture cannot be read, or would be too large to decode. People read the reason."""


async def reencode(storage: BlobStorage, source: UUID, target: UUID, content: Content) -> None:
    """Write a picture anew under another id, turned upright. Raises BrokenImageError, and writes nothing."""
    with tempfile.TemporaryFile() as original, tempfile.TemporaryFile() as result:
        async for chunk in await storage.read(source):
            await asyncio.to_thread(original.write, chunk)
        original.seek(0)
        await _run(original, result, content)
        result.seek(0)
        await storage.write(target, _stream(result))


async def _run(original: IO[bytes], result: IO[bytes], content: Content) -> None:
    argv = [sys.executable, "-I", "-m", "chassis.blobs.image_process", content]
    process = await asyncio.create_subprocess_exec(*argv, stdin=original, stdout=result, stderr=PIPE)
    try:
        async with asyncio.timeout(_TIMEOUT):
            _, errors = await process.communicate()
    except TimeoutError:
        raise BrokenImageError("it takes too long to decode") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        reason = errors.decode(errors="replace").strip().rpartition("\n")[2]
        raise BrokenImageError(reason[:_MAX_REASON] or "it takes too much memory or time to decode")


async def _stream(file: IO[bytes]) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(file.read, CHUNK):
        yield chunk
