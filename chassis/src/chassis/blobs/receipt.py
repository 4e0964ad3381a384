"""Receive a file: its size is bounded, its kind told and its hash taken while it streams through."""

import hashlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from uuid import UUID

from chassis.blobs.content import SAMPLE, Content, tell_content
from chassis.blobs.storage import BlobStorage


class BlobTooLargeError(Exception):
    """A file has more bytes than are taken. ``limit`` is how many are."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was received. ``size`` in bytes; ``sha256`` of the content."""

    content: Content
    size: int
    sha256: bytes


async def receive(
    storage: BlobStorage,
    blob: UUID,
    chunks: AsyncIterator[bytes],
    *,
    declared: str,
    allowed: Collection[Content],
    limit: int,
) -> Receipt:
    """Write a file as it comes in, and say what it is.

    ``declared`` is the sender's word for its kind, ``limit`` in bytes. Raises BlobTooLargeError or
    UnknownContentError, and then nothing is stored.
    """
    meter = _Meter(chunks, limit)
    sample = await meter.read_sample()
    content = tell_content(sample, declared, allowed)
    await storage.write(blob, meter.stream(sample))
    return Receipt(content, meter.size, meter.hash.digest())


class _Meter:
    """Counts and hashes bytes on their way."""

    def __init__(self, chunks: AsyncIterator[bytes], limit: int) -> None:
        self._chunks = chunks
        self._limit = limit
        self.size = 0
        self.hash = hashlib.sha256()

    async def read_sample(self) -> bytes:
        """Read until there is enough to tell the kind, or all of a small file."""
        sample = b""
        async for chunk in self._chunks:
            sample += self._count(chunk)
            if len(sample) >= SAMPLE:
                break
        return sample

    async def stream(self, sample: bytes) -> AsyncIterator[bytes]:
        """Pass the sample on, and then the rest."""
        yield sample
        async for chunk in self._chunks:
            yield self._count(chunk)

    def _count(self, chunk: bytes) -> bytes:
        self.size += len(chunk)
        if self.size > self._limit:
            raise BlobTooLargeError(self._limit)
        self.hash.update(chunk)
        return chunk
