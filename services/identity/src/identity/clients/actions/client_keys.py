"""Public keys that a client publishes at a URL of its own: read, read again, and kept while it is away."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from chassis import ids
from chassis.database import Database
from chassis.problems import FieldError, Problem
from identity.clients.store import client_keys as store
from identity.clients.store import services
from identity.settings import Settings
from identity.shared.outbound import Outbound, OutboundError
from identity.shared.rules import key_sets

log = logging.getLogger(__name__)

Keys = list[dict[str, str]]
JWKS_URI_ACTOR = "jwks_uri"
_ACCEPT = "application/jwk-set+json, application/json"
_BATCH = 100  # clients at a time
_PAUSE = 30.0  # seconds between looks for keys that have become old


async def fetch_key_set(outbound: Outbound, uri: str) -> Keys:
    """The keys at a URL. Raises OutboundError, saying what is wrong."""
    try:
        return key_sets.parse_key_set(await outbound.get(uri, accept=_ACCEPT, max_bytes=key_sets.MAX_BYTES))
    except ValueError as error:
        raise OutboundError(str(error)) from error


async def fetch_requested_keys(outbound: Outbound, uri: str) -> Keys:
    """The keys at a URL that a request names. Raises Problem 400 that names the member."""
    try:
        return await fetch_key_set(outbound, uri)
    except OutboundError as error:
        wrong = FieldError(field="body.jwks_uri", message=str(error), code="unreadable")
        raise Problem(400, "invalid-request", f"jwks_uri {error}.", errors=[wrong]) from error


class KeyRefresher:
    """Reads clients' keys again: those of one client at one time once, and not more often than the floor."""

    def __init__(self, settings: Settings, outbound: Outbound | None = None) -> None:
        self.outbound = outbound or Outbound(settings)
        self._settings = settings
        self._running: dict[UUID, asyncio.Task[Keys | None]] = {}

    async def refresh(self, database: Database, council: str, client_id: UUID) -> Keys | None:
        """The client's keys, just read; None when they were tried a moment ago or cannot be had.

        Then those at hand serve on.
        """
        return await asyncio.shield(self.start_refresh(database, council, client_id))

    def start_refresh(self, database: Database, council: str, client_id: UUID) -> asyncio.Task[Keys | None]:
        """The same, begun and not waited for: for where a transaction is open."""
        task = self._running.get(client_id)
        if task is None:
            task = asyncio.create_task(self._read(database, council, client_id))
            self._running[client_id] = task
            task.add_done_callback(lambda _: self._running.pop(client_id, None))
        return task

    async def _read(self, database: Database, council: str, client_id: UUID) -> Keys | None:
        now = datetime.now(UTC)
        before = now - timedelta(seconds=self._settings.jwks_floor)
        async with database.writing(council) as session:
            uri = await store.claim_refresh(session, council, client_id, now, before)
        if uri is None:
            return None
        try:
            found = await fetch_key_set(self.outbound, uri)
        except OutboundError as error:
            log.warning("the keys of client %s stay as they are: its jwks_uri %s", ids.show(client_id), error)
            return None
        return await _store_keys(database, council, client_id, uri, found)

    async def run_forever(self, database: Database) -> None:
        """Read again, for ever, what has become old: a key that was taken down is refused soon after."""
        while True:
            before = datetime.now(UTC) - timedelta(seconds=self._settings.jwks_age)
            async with database.reading("*") as session:
                due = await store.list_due(session, before, _BATCH)
            await asyncio.gather(*(self.refresh(database, row.council, row.id) for row in due))
            await asyncio.sleep(_PAUSE)


async def _store_keys(
    database: Database, council: str, client_id: UUID, uri: str, found: Keys
) -> Keys | None:
    """Take over the keys, unless the client has been changed meanwhile."""
    now = datetime.now(UTC)
    async with database.writing(council) as session:
        row = await store.lock_keys(session, council, client_id)
        if row is None or row.jwks_uri != uri:
            return None
        await store.record_reading(session, council, client_id, now)
        if row.jwks != found:
            await store.update_keys(session, council, client_id, found)
            changes = {"jwks": [list_kids(row.jwks), list_kids(found)]}
            noted = {"client": client_id, "id": ids.new(), "act": "keys-read", "changes": changes}
            await services.add_history(session, council, {**noted, "actor": JWKS_URI_ACTOR, "at": now})
    return found


def list_kids(keys: Sequence[Any] | None) -> list[str]:
    """How keys are named in a record of what was done."""
    return [key["kid"] for key in keys or ()]


async def refresh_client_keys(database: Database, settings: Settings) -> None:
    """A task of the worker: read again, for ever, the keys that clients publish."""
    await KeyRefresher(settings).run_forever(database)
