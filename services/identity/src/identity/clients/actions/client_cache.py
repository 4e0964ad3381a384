"""Clients, kept in memory: a token costs no look at the database, and a revoked client is refused at once.

What is kept is believed only while PostgreSQL is heard: the notice of a change comes on the connection that
is asked for a sign of life, so who has had one since knows of every change committed before.
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
_HEARTBEAT = 0.3  # seconds between signs of life
_TRUSTED = 0.9  # seconds for which one is enough: a revoked client is refused within a second
_ORIGINS_KEPT = 30.0  # seconds, should a notice be lost
_CHANNELS = ("townhall_client", "townhall_relying_party", "townhall_council")


class ClientCache:
    """The clients that have shown themselves lately."""

    def __init__(self) -> None:
        self._clients: dict[UUID, ClientRecord] = {}
        self._heard_at = float("-inf")
        self._changes = 0
        self._origins: frozenset[str] = frozenset()
        self._origins_until = float("-inf")
        self._origins_lock = asyncio.Lock()

    async def get(self, pool: asyncpg.Pool, client_id: UUID) -> ClientRecord | None:
        """A client in use, whichever council's it is; ``pool`` sees across councils."""
        if time.monotonic() - self._heard_at < _TRUSTED:
            known = self._clients.get(client_id)
            if known is not None:
                return known
        changes = self._changes
        found = await store.get_record(pool, client_id)
        if found is not None and changes == self._changes:
            if len(self._clients) >= _MAX_CLIENTS:
                self._clients.clear()
            self._clients[client_id] = found
        return found

    async def is_registered_origin(self, pool: asyncpg.Pool, origin: str) -> bool:
        """Whether pages of a public web app come from there. However many strangers ask, it is read once."""
        async with self._origins_lock:
            while time.monotonic() >= self._origins_until:
                changes, self._origins_until = self._changes, time.monotonic() + _ORIGINS_KEPT
                try:
                    self._origins = await store.list_origins(pool, _MAX_CLIENTS)
                except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                    log.warning("the origins of apps stay as they are: %s", error)
                    break
                if changes != self._changes:
                    self._origins_until = float("-inf")
        return origin in self._origins

    def clear(self, *_: object) -> None:
        """Something has changed: look everything up again."""
        self._changes += 1
        self._clients.clear()
        self._origins_until = float("-inf")

    async def follow_changes(self, database: Database) -> None:
        """Listen for ever. Raises when the database is lost; call it again."""
        connection = await database.listen()
        try:
            for channel in _CHANNELS:
                await connection.add_listener(channel, self.clear)
            self.clear()
            while True:
                asked = time.monotonic()
                await connection.execute("SELECT 1", timeout=_TRUSTED)
                self._heard_at = asked
                await asyncio.sleep(_HEARTBEAT)
        finally:
            self._heard_at = float("-inf")
            connection.terminate()
