"""The control plane keeps Envoy's files as identity says. No request passes through it."""

import asyncio
import logging
import time
from dataclasses import dataclass, field

import httpx

from gateway import files
from gateway.contracts import Contracts
from gateway.identity_client import IdentityClient
from gateway.members import follow_members
from gateway.settings import Settings
from gateway.snapshot import Snapshot
from gateway.subscription import ChangeSubscription

log = logging.getLogger(__name__)

POLL_INTERVAL = 5.0
"""Seconds between polls while NATS is connected. A hint comes sooner; the poll makes up for a lost one."""
POLL_INTERVAL_ALONE = 0.5
"""Seconds between polls while NATS is away: a revoked credential is still refused within a second."""
_DEBOUNCE = 0.02  # seconds in which several hints become one poll


@dataclass
class ControlPlane:
    """The loop and its state. ``answered_at`` is monotonic seconds of identity's last answer."""

    settings: Settings
    identity: IdentityClient
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    snapshot: Snapshot | None = None
    answered_at: float | None = None
    writes: int = 0
    last_error: str = ""
    _contracts: Contracts = field(default_factory=Contracts)

    async def run(self) -> None:
        """Poll until cancelled. Raises ContractError at the start only."""
        subscription = ChangeSubscription(self.settings, self.changed)
        tasks = [
            asyncio.create_task(subscription.connect()),
            asyncio.create_task(follow_members(self.settings)),
        ]
        try:
            await self._load_state()
            while True:
                self.changed.clear()
                await self.poll()
                hinted = subscription.is_connected and not self.last_error
                await self._wait_for_change(POLL_INTERVAL if hinted else POLL_INTERVAL_ALONE)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await subscription.close()
            await self.identity.close()

    async def poll(self) -> None:
        """Fetch the snapshot once and write what changed. When that fails, the files stay as they are."""
        try:
            snapshot = await self.identity.fetch_snapshot()
            if snapshot is not None:
                await self._write_files(snapshot)
                self.snapshot = snapshot
            self.answered_at, self.last_error = time.monotonic(), ""
        except (httpx.HTTPError, ValueError, KeyError, OSError) as error:
            self.identity.forget_etag()
            self._record_error(_describe_error(error))

    @property
    def age(self) -> float:
        """Seconds since identity last answered; infinite before the first answer."""
        return float("inf") if self.answered_at is None else time.monotonic() - self.answered_at

    async def _load_state(self) -> None:
        """Start from the contracts and from the snapshot of an earlier run."""
        self._contracts = await asyncio.to_thread(files.read_contracts, self.settings.contracts)
        try:
            self.snapshot = await asyncio.to_thread(files.read_state, self.settings.out)
        except ValueError as error:
            self._record_error(str(error))
        await self._write_files(self.snapshot)

    async def _write_files(self, snapshot: Snapshot | None) -> None:
        changed = await asyncio.to_thread(files.write_dynamic, self.settings, self._contracts, snapshot)
        if changed:
            self.writes += 1
            log.info("wrote %s", ", ".join(changed))

    async def _wait_for_change(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.changed.wait()
            await asyncio.sleep(_DEBOUNCE)
        except TimeoutError:
            return

    def _record_error(self, reason: str) -> None:
        """Log an error once, however often it recurs."""
        if reason != self.last_error:
            log.warning("the configuration stays as it is: %s", reason)
        self.last_error = reason


def _describe_error(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"identity answered {error.response.status_code} at {error.request.url.path}"
    if isinstance(error, httpx.HTTPError):
        return f"identity cannot be reached ({type(error).__name__})"
    return f"{type(error).__name__}: {str(error)[:200]}"
