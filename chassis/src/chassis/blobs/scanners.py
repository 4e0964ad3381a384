"""The port to a scanner for viruses, ClamAV's adapter, and one for laptops and tests."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from aioclamd import ClamdAsyncClient, ClamdError

from chassis.blobs.storage import BlobSettings

_PORT = 3310
_TIMEOUT = 60.0  # seconds that ClamAV may take for a file
# The file with which every scanner may be tested, in halves: a scanner need not find it here.
# Source: eicar.org, "Anti Malware Testfile".
_EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scanner found. ``threat``: its name; None for a clean file."""

    threat: str | None

    @property
    def is_clean(self) -> bool:
        """Check whether nothing was found."""
        return self.threat is None


class ScannerError(Exception):
    """The scanner did not answer, or not that it looked: the file stays held, and it is asked again."""


class Scanner(Protocol):
    """Looks for viruses."""

    async def scan(self, chunks: AsyncIterator[bytes]) -> Verdict:
        """Scan a file. Raises ScannerError."""


class ClamAvScanner:
    """ClamAV's daemon, over the network."""

    def __init__(self, host: str, port: int) -> None:
        self._client = ClamdAsyncClient(host, port, timeout=_TIMEOUT)

    async def scan(self, chunks: AsyncIterator[bytes]) -> Verdict:
        """Scan a file. The client reads a file of ours, so the blob lies in one meanwhile."""
        with tempfile.TemporaryFile() as file:
            async for chunk in chunks:
                await asyncio.to_thread(file.write, chunk)
            file.seek(0)
            try:
                answer = await self._client.instream(file)
            except (ClamdError, OSError) as error:
                raise ScannerError(f"ClamAV did not scan: {error}") from error
        return _read(answer)


def _read(answer: dict[str, tuple[str, str | None]] | None) -> Verdict:
    status, threat = (answer or {}).get("stream", ("", None))
    if status == "OK":
        return Verdict(None)
    if status == "FOUND":
        return Verdict((threat or "unnamed")[:200])
    raise ScannerError("ClamAV answered neither OK nor FOUND")


class TestScanner:
    """Finds the file that all scanners find, and nothing else: for laptops and tests."""

    __test__ = False

    async def scan(self, chunks: AsyncIterator[bytes]) -> Verdict:
        """Look for EICAR's file anywhere in a file."""
        tail = b""
        async for chunk in chunks:
            if _EICAR in tail + chunk:
                return Verdict("EICAR test file")
            tail = (tail + chunk)[-len(_EICAR) :]
        return Verdict(None)


def make_scanner(settings: BlobSettings) -> Scanner:
    """Make the scanner that the settings name. Raises ValueError for an unknown kind."""
    parts = urlsplit(settings.scanner)
    if parts.scheme == "clamd" and parts.hostname:
        return ClamAvScanner(parts.hostname, parts.port or _PORT)
    if settings.scanner == "test:":
        return TestScanner()
    raise ValueError(f"{settings.scanner!r} is neither clamd://host:port nor test:")
