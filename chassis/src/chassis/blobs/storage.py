"""Where blobs lie: a directory, or a bucket, behind one interface."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import obstore
from obstore.store import ObjectStore, from_url
from pydantic import Field

from chassis import ids
from chassis.settings import Settings

CHUNK = 1_048_576
"""Bytes that are in memory at once for each blob that comes in or goes out."""
_PART = 8 * CHUNK  # bytes of a part of an upload to S3, which takes 10,000 of at least 5 MiB
_PARTS_AT_ONCE = 2


class BlobSettings(Settings):
    """The settings of a service that keeps blobs."""

    blobs: str = Field(
        max_length=1_000,
        pattern=r"^(file:///|s3://)[^/]",
        description="Where files lie: file:///srv/casework, or s3://bucket/folder with the region, endpoint"
        " and credentials in AWS_REGION, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or by the"
        " machine's role",
    )
    scanner: str = Field(
        max_length=300,
        pattern=r"^(test:|clamd://[^/]+)$",
        description="What scans for viruses: clamd://host:3310, or on a laptop test: (knows EICAR's file)",
    )


class MissingBlobError(Exception):
    """There is no such blob: it was deleted, or its upload never ended."""


class BlobStorage:
    """The blobs of one service. An id says nothing about council or person: a merger moves no blob."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def write(self, blob: UUID, chunks: AsyncIterator[bytes]) -> None:
        """Write a blob. Nothing is there if ``chunks`` raises, or the process dies, before the end."""
        await obstore.put_async(
            self._store,
            _path(blob),
            chunks,
            use_multipart=True,
            chunk_size=_PART,
            max_concurrency=_PARTS_AT_ONCE,
        )

    async def read(self, blob: UUID) -> AsyncIterator[bytes]:
        """Open a blob and return its bytes, piece by piece. Raises MissingBlobError at once."""
        try:
            result = await obstore.get_async(self._store, _path(blob))
        except FileNotFoundError:
            raise MissingBlobError(ids.show(blob)) from None
        return _stream(result)

    async def delete(self, blob: UUID) -> None:
        """Delete a blob; one that is not there is deleted already."""
        try:
            await obstore.delete_async(self._store, _path(blob))
        except FileNotFoundError:
            return


async def _stream(result: Any) -> AsyncIterator[bytes]:
    async for chunk in result.stream(min_chunk_size=CHUNK):
        yield bytes(chunk)


def _path(blob: UUID) -> str:
    """Spread blobs over folders by the random end of their id."""
    name = ids.show(blob)
    return f"{name[-2:]}/{name}"


def open_storage(settings: BlobSettings) -> BlobStorage:
    """Open the place that the settings name; a directory is made. Raises ValueError for an unknown kind."""
    scheme = settings.blobs.partition(":")[0]
    if scheme == "file":
        return BlobStorage(from_url(settings.blobs, automatic_cleanup=True, mkdir=True))
    if scheme == "s3":
        return BlobStorage(from_url(settings.blobs))
    raise ValueError(f"{settings.blobs!r} is neither file:///folder nor s3://bucket/folder")
