"""Clients cached in memory: a token needs no query, and a revoked client is refused within a second.

The cache is trusted only while PostgreSQL answers. Notices of changes come on the same connection as the
answers to a heartbeat, so after an answer every change committed before it is known.
"""

import asyncio
import logging
import time
from uuid import UUID

import asyncpg

from chassis.database import Database
from identity.clients.rules.client_record import ClientRecord
from identity.clients.store import clients as store

log = logging.getLogger(__name__)

_MAX_CLIENTS = 20_000
_HEARTBEAT = 0.3  # seconds between heartbeats
_TRUSTED = 0.9  # seconds for which an answer counts: a revoked client is refused within a second
_ORIGIN_SECONDS = 30.0  # seconds, in case a notice is lost
_CHANNELS = ("townhall_client", "townhall_relying_party", "townhall_council")


class ClientCache:
    """The clients that were used lately, and the origins of public web apps."""

    def __init__(self) -> None:
        self._clients: dict[UUID, ClientRecord] = {}
        self._confirmed_at = float("-inf")
        self._changes = 0
        self._origins: frozenset[str] = frozenset()
        self._origins_until = float("-inf")
        self._origins_lock = asyncio.Lock()

    async def get(self, pool: asyncpg.Pool, client_id: UUID) -> ClientRecord | None:
        """Get a client in use, of any council; ``pool`` sees across councils."""
        if time.monotonic() - self._confirmed_at < _TRUSTED:
            cached = self._clients.get(client_id)
            if cached is not None:
                return cached
        changes = self._changes
        record = await store.get_record(pool, client_id)
        if record is not None and changes == self._changes:
            if len(self._clients) >= _MAX_CLIENTS:
                self._clients.clear()
            self._clients[client_id] = record
        return record

    async def is_registered_origin(self, pool: asyncpg.Pool, origin: str) -> bool:
        """Whether a public web app has registered the origin. Concurrent calls share one query."""
        async with self._origins_lock:
            while time.monotonic() >= self._origins_until:
                changes, self._origins_until = self._changes, time.monotonic() + _ORIGIN_SECONDS
                try:
                    self._origins = await store.list_origins(pool, _MAX_CLIENTS)
                except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                    log.warning("the origins of apps stay as they are: %s", error)
                    break
                if changes != self._changes:
                    self._origins_until = float("-inf")
        return origin in self._origins

    def clear(self, *_: object) -> None:
        """Clear the cache after a change."""
        self._changes += 1
        self._clients.clear()
        self._origins_until = float("-inf")

    async def follow_changes(self, database: Database) -> None:
        """Listen for changes for ever. Raises when the database is lost; call it again."""
        connection = await database.listen()
        try:
            for channel in _CHANNELS:
                await connection.add_listener(channel, self.clear)
            self.clear()
            while True:
                started_at = time.monotonic()
                await connection.execute("SELECT 1", timeout=_TRUSTED)
                self._confirmed_at = started_at
                await asyncio.sleep(_HEARTBEAT)
        finally:
            self._confirmed_at = float("-inf")
            connection.terminate()
