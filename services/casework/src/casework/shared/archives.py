"""Zip files of what is held: written to a temporary file, then kept as a blob."""

import asyncio
import hashlib
import json
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from chassis.blobs import BlobStorage, MissingBlobError

_CHUNK = 1_048_576
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the same content makes the same file


@dataclass(slots=True)
class Archive:
    """A zip file that is being written, with a manifest of the digests of all that is in it."""

    file: zipfile.ZipFile
    storage: BlobStorage
    digests: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, content: bytes) -> None:
        """Add a small file."""
        self.file.writestr(_describe(name), content)
        self.digests[name] = hashlib.sha256(content).hexdigest()

    def write_json(self, name: str, document: Any) -> None:
        """Add a document as JSON that people can read too."""
        text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True, default=str)
        self.write(name, text.encode())

    async def copy_blob(self, name: str, blob: UUID) -> bool:
        """Add a blob, piece by piece; False if it is gone."""
        try:
            chunks = await self.storage.read(blob)
        except MissingBlobError:
            return False
        digest = hashlib.sha256()
        with self.file.open(_describe(name), "w", force_zip64=True) as entry:
            async for chunk in chunks:
                digest.update(chunk)
                await asyncio.to_thread(entry.write, chunk)
        self.digests[name] = digest.hexdigest()
        return True


@dataclass(frozen=True, slots=True)
class StoredArchive:
    """A zip file that is a blob now."""

    digest: bytes
    size: int


async def store_archive(storage: BlobStorage, blob: UUID, fill: Callable[[Archive], Any]) -> StoredArchive:
    """Write a zip file, with what ``fill`` adds and a manifest, and keep it as a blob."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "archive.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            archive = Archive(file, storage)
            await fill(archive)
            archive.write_json("manifest.json", {"sha256": dict(sorted(archive.digests.items()))})
        digest = hashlib.sha256()
        await storage.write(blob, _read(path, digest))
        return StoredArchive(digest.digest(), path.stat().st_size)


async def _read(path: Path, digest: Any) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            digest.update(chunk)
            yield chunk


def _describe(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _FIXED_TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info
