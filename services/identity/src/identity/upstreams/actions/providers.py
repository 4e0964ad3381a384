"""Metadata and keys of providers, cached for a while, and longer while a provider is down."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from chassis.outbound import Outbound, OutboundError
from identity.settings import Settings
from identity.upstreams.rules import metadata
from identity.upstreams.rules.metadata import Keys, ProviderMetadata

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_STALE_SECONDS = 86_400.0
"""Seconds for key an entry is still used while its server is down."""
_PAUSE_SECONDS = 5.0
"""Seconds for key a server that failed is not called again."""
_MAX_ENTRIES = 2_000
_JSON_TYPE = "application/json"
_JWKS_TYPES = "application/jwk-set+json, application/json"
_DID_TYPES = "application/did+json, application/json"


class ProviderUnavailableError(Exception):
    """A provider does not answer, or not with something usable; the text says why."""


@dataclass(slots=True)
class _CacheEntry:
    """An answer or an error. ``due``: when to read it again; ``tried``: when that last began. Seconds."""

    value: Any
    error: str
    read: float
    tried: float
    due: float


class Providers:
    """A cache of what providers publish. ``clock`` gives seconds."""

    def __init__(
        self,
        settings: Settings,
        outbound: Outbound | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.outbound = outbound or Outbound(settings)
        self.plain = settings.issuer.startswith("http://")
        """On a laptop a provider may be on http too."""
        self._settings = settings
        self._clock = clock
        self._entries: OrderedDict[tuple[str, str], _CacheEntry] = OrderedDict()
        self._tasks: dict[tuple[str, str], asyncio.Task[Any]] = {}

    async def get_metadata(self, issuer: str) -> ProviderMetadata:
        """Get a provider's metadata from its discovery document. Raises ProviderUnavailableError."""

        def read(body: bytes) -> ProviderMetadata:
            return metadata.read_metadata(body, issuer, plain=self.plain)

        return await self._get("provider", issuer, metadata.build_discovery_url(issuer), _JSON_TYPE, read)

    async def get_keys(self, uri: str, *, newer: bool = False) -> Keys:
        """Get the keys at a jwks_uri.

        ``newer``: a token names a key that is not there. Raises ProviderUnavailableError.
        """
        return await self._get("keys", uri, uri, _JWKS_TYPES, metadata.read_jwks, newer=newer)

    async def get_did_document(self, url: str, *, newer: bool = False) -> Keys:
        """Get the keys of a DID document. Raises ProviderUnavailableError."""

        def read(body: bytes) -> Keys:
            return metadata.read_did_document(body, url)

        return await self._get("document", url, url, _DID_TYPES, read, newer=newer)

    async def _get(
        self, kind: str, name: str, url: str, accept: str, read: Callable[[bytes], _T], *, newer: bool = False
    ) -> _T:
        key = (kind, name)
        if not self._is_usable(key, newer=newer):
            await self._read_once(key, url, accept, read)
        entry = self._entries[key]
        if entry.error:
            raise ProviderUnavailableError(entry.error)
        value: _T = entry.value
        return value

    def _is_usable(self, key: tuple[str, str], *, newer: bool) -> bool:
        """Tell whether the cached entry can be used; ``jwks_floor`` limits how often a newer one is read."""
        entry, now = self._entries.get(key), self._clock()
        if entry is None or now >= entry.due:
            return False
        return not newer or now - entry.tried < self._settings.jwks_floor

    async def _read_once(
        self, key: tuple[str, str], url: str, accept: str, read: Callable[[bytes], Any]
    ) -> None:
        """Read once for all who wait for it; the read goes on when one of them gives up."""
        task = self._tasks.get(key)
        if task is None:
            task = asyncio.create_task(self._read(key, url, accept, read))
            self._tasks[key] = task
            task.add_done_callback(lambda _: self._tasks.pop(key, None))
        await asyncio.shield(task)

    async def _read(self, key: tuple[str, str], url: str, accept: str, read: Callable[[bytes], Any]) -> None:
        began = self._clock()
        try:
            body = await self.outbound.get(
                url, accept=accept, max_bytes=metadata.MAX_BYTES, allow_http=self.plain
            )
            entry = _CacheEntry(read(body), "", began, began, began + self._settings.jwks_age)
        except (OutboundError, ValueError) as error:
            log.warning("%s %s", url, error)
            entry = self._entry_after_failure(key, began, f"{url} {error}")
        self._entries[key] = entry
        self._entries.move_to_end(key)
        while len(self._entries) > _MAX_ENTRIES:
            self._entries.popitem(last=False)

    def _entry_after_failure(self, key: tuple[str, str], now: float, error: str) -> _CacheEntry:
        """Give the entry after a failed call: the last answer unless it is too old, else the error."""
        before = self._entries.get(key)
        if before is not None and not before.error and now - before.read < _STALE_SECONDS:
            pause = max(self._settings.jwks_floor, _PAUSE_SECONDS)
            return _CacheEntry(before.value, "", before.read, now, now + pause)
        return _CacheEntry(None, error, now, now, now + _PAUSE_SECONDS)
