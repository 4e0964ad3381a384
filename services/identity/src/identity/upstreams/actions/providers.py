"""Other providers as they describe themselves: read, kept for a while, and kept on while they are away."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from identity.settings import Settings
from identity.shared.outbound import Outbound, OutboundError
from identity.upstreams.rules import metadata
from identity.upstreams.rules.metadata import Keys, Provider

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_STALE = 86_400.0
"""Seconds for which what was read serves on while its server is away."""
_PAUSE = 5.0
"""Seconds in which a server that has failed is not called again, where nothing of it is kept."""
_MOST = 2_000
_JSON = "application/json"
_KEYS = "application/jwk-set+json, application/json"
_DID = "application/did+json, application/json"


class AwayError(Exception):
    """A provider does not answer, or not with what can be used; the text says why."""


@dataclass(slots=True)
class _Kept:
    """``due``: when it is read again; ``tried``: when that was last begun. Seconds of the clock."""

    value: Any
    error: str
    read: float
    tried: float
    due: float


class Providers:
    """What providers publish, in memory. ``clock`` answers seconds; tests put their own in its place."""

    def __init__(
        self,
        settings: Settings,
        outbound: Outbound | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.outbound = outbound or Outbound(settings)
        self.plain = settings.issuer.startswith("http://")
        """A laptop: a provider may be there too, without https."""
        self._settings = settings
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._reading: dict[tuple[str, str], asyncio.Task[Any]] = {}

    async def describe(self, issuer: str) -> Provider:
        """The provider as its discovery document says. Raises AwayError."""

        def read(body: bytes) -> Provider:
            return metadata.provider(body, issuer, plain=self.plain)

        return await self._get("provider", issuer, metadata.discovery_url(issuer), _JSON, read)

    async def keys(self, uri: str, *, newer: bool = False) -> Keys:
        """The keys at a jwks_uri. ``newer``: a token names one that is not there. Raises AwayError."""
        return await self._get("keys", uri, uri, _KEYS, metadata.keys, newer=newer)

    async def document(self, url: str, *, newer: bool = False) -> Keys:
        """The keys of a DID document. Raises AwayError."""

        def read(body: bytes) -> Keys:
            return metadata.document(body, url)

        return await self._get("document", url, url, _DID, read, newer=newer)

    async def _get(
        self, kind: str, name: str, url: str, accept: str, read: Callable[[bytes], _T], *, newer: bool = False
    ) -> _T:
        which = (kind, name)
        if not self._serves(which, newer=newer):
            await self._read_once(which, url, accept, read)
        kept = self._kept[which]
        if kept.error:
            raise AwayError(kept.error)
        found: _T = kept.value
        return found

    def _serves(self, which: tuple[str, str], *, newer: bool) -> bool:
        """Whether what is kept will do; a newer one is not looked for more often than the floor allows."""
        kept, now = self._kept.get(which), self._clock()
        if kept is None or now >= kept.due:
            return False
        return not newer or now - kept.tried < self._settings.jwks_floor

    async def _read_once(
        self, which: tuple[str, str], url: str, accept: str, read: Callable[[bytes], Any]
    ) -> None:
        """However many wait for it, one call is made; it goes on when one of them gives up."""
        task = self._reading.get(which)
        if task is None:
            task = asyncio.create_task(self._read(which, url, accept, read))
            self._reading[which] = task
            task.add_done_callback(lambda _: self._reading.pop(which, None))
        await asyncio.shield(task)

    async def _read(
        self, which: tuple[str, str], url: str, accept: str, read: Callable[[bytes], Any]
    ) -> None:
        began = self._clock()
        try:
            body = await self.outbound.get(
                url, accept=accept, max_bytes=metadata.LARGEST, allow_http=self.plain
            )
            kept = _Kept(read(body), "", began, began, began + self._settings.jwks_age)
        except (OutboundError, ValueError) as error:
            log.warning("%s %s", url, error)
            kept = self._without(which, began, f"{url} {error}")
        self._kept[which] = kept
        self._kept.move_to_end(which)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)

    def _without(self, which: tuple[str, str], now: float, error: str) -> _Kept:
        """What serves after a failed call: what there was, unless it is too old."""
        before = self._kept.get(which)
        if before is not None and not before.error and now - before.read < _STALE:
            pause = max(self._settings.jwks_floor, _PAUSE)
            return _Kept(before.value, "", before.read, now, now + pause)
        return _Kept(None, error, now, now, now + _PAUSE)
