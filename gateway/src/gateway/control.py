"""The control plane: keeps Envoy's files as identity says. It is never on the path of a request."""

import asyncio
import logging
import time
from dataclasses import dataclass, field

import httpx

from gateway import files
from gateway.contracts import Operation
from gateway.events import Hints
from gateway.identity import Identity
from gateway.settings import Settings
from gateway.snapshot import Snapshot

log = logging.getLogger(__name__)

POLL = 5.0
"""Seconds between questions while NATS would tell of a change: the guarantee behind the hints."""
POLL_ALONE = 0.5
"""Seconds while NATS is away: a revoked credential is still refused within a second."""
_TOGETHER = 0.02  # seconds in which several hints become one question


@dataclass
class Control:
    """The loop, and what it last achieved. ``fresh_at`` is monotonic seconds of the last answer."""

    settings: Settings
    identity: Identity
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    snapshot: Snapshot | None = None
    fresh_at: float | None = None
    writes: int = 0
    trouble: str = ""
    _operations: list[Operation] = field(default_factory=list)

    async def run(self) -> None:
        """Until cancelled. Raises ContractError at the start only."""
        hints = Hints(self.settings.nats_url, self.changed)
        listening = asyncio.create_task(hints.listen())
        try:
            await self._begin()
            while True:
                self.changed.clear()
                await self.look()
                await self._wait(POLL if hints.listening and not self.trouble else POLL_ALONE)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await hints.close()
            await self.identity.close()

    async def look(self) -> None:
        """Ask once, and write what changed. When identity cannot answer, the files stay as they are."""
        try:
            found = await self.identity.snapshot()
            if found is not None:
                await self._write(found)
            self.fresh_at, self.trouble = time.monotonic(), ""
        except (httpx.HTTPError, ValueError, KeyError, OSError) as error:
            self.identity.forget()
            self._complain(_reason(error))

    @property
    def age(self) -> float:
        """Seconds since identity last answered; infinite before it ever did."""
        return float("inf") if self.fresh_at is None else time.monotonic() - self.fresh_at

    async def _begin(self) -> None:
        """Start from the contracts and from what an earlier run knew."""
        self._operations = await asyncio.to_thread(files.read_contracts, self.settings.contracts)
        try:
            self.snapshot = await asyncio.to_thread(files.last_known, self.settings.out)
        except ValueError as error:
            self._complain(str(error))
        await self._save(self.snapshot)

    async def _write(self, found: Snapshot) -> None:
        await self._save(found)
        self.snapshot = found

    async def _save(self, snapshot: Snapshot | None) -> None:
        changed = await asyncio.to_thread(files.write_dynamic, self.settings, self._operations, snapshot)
        if changed:
            self.writes += 1
            log.info("wrote %s", ", ".join(changed))

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.changed.wait()
            await asyncio.sleep(_TOGETHER)
        except TimeoutError:
            return

    def _complain(self, trouble: str) -> None:
        """Once for each trouble, not twice a second."""
        if trouble != self.trouble:
            log.warning("the configuration stays as it is: %s", trouble)
        self.trouble = trouble


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"identity answered {error.response.status_code} at {error.request.url.path}"
    if isinstance(error, httpx.HTTPError):
        return f"identity cannot be reached ({type(error).__name__})"
    return f"{type(error).__name__}: {str(error)[:200]}"
