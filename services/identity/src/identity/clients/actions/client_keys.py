"""Public keys that clients publish at a ``jwks_uri``: fetched, fetched again, kept while it is away."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis import audit, clock, ids
from chassis.database import Database
from chassis.outbound import Outbound, OutboundError
from chassis.problems import FieldError, Problem
from identity.clients.store import client_keys as store
from identity.clients.store import services
from identity.settings import Settings
from identity.shared.rules import key_sets

log = logging.getLogger(__name__)

Keys = list[dict[str, str]]
_JWKS_URI = audit.by_system("jwks_uri")
_ACCEPT = "application/jwk-set+json, application/json"
_BATCH = 100  # clients at a time
_PAUSE = 30.0  # seconds between looks for keys that are old


async def fetch_key_set(outbound: Outbound, uri: str) -> Keys:
    """Fetch the keys at a URL. Raises OutboundError, saying what is wrong."""
    try:
        return key_sets.parse_key_set(await outbound.get(uri, accept=_ACCEPT, max_bytes=key_sets.MAX_BYTES))
    except ValueError as error:
        raise OutboundError(str(error)) from error


async def fetch_requested_keys(outbound: Outbound, uri: str) -> Keys:
    """Fetch the keys at the URL in a request. Raises Problem 400 that names the member."""
    try:
        return await fetch_key_set(outbound, uri)
    except OutboundError as error:
        field_error = FieldError(field="body.jwks_uri", message=str(error), code="unreadable")
        raise Problem(400, "invalid-request", f"jwks_uri {error}.", errors=[field_error]) from error


class KeyRefresher:
    """Fetches clients' keys again: one client's once at a time, and no more often than ``jwks_floor``."""

    def __init__(self, settings: Settings, outbound: Outbound | None = None) -> None:
        self.outbound = outbound or Outbound(settings)
        self._settings = settings
        self._running: dict[UUID, asyncio.Task[Keys | None]] = {}

    async def refresh(self, database: Database, council: str, client_id: UUID) -> Keys | None:
        """Fetch the client's keys; None when that was tried a moment ago or fails.

        Then the stored keys are used on.
        """
        return await asyncio.shield(self.start_refresh(database, council, client_id))

    def start_refresh(self, database: Database, council: str, client_id: UUID) -> asyncio.Task[Keys | None]:
        """Start to fetch the client's keys without waiting: for use inside a transaction."""
        task = self._running.get(client_id)
        if task is None:
            task = asyncio.create_task(self._read(database, council, client_id))
            self._running[client_id] = task
            task.add_done_callback(lambda _: self._running.pop(client_id, None))
        return task

    async def _read(self, database: Database, council: str, client_id: UUID) -> Keys | None:
        now = clock.now()
        before = now - timedelta(seconds=self._settings.jwks_floor)
        async with database.writing(council) as session:
            uri = await store.claim_refresh(session, council, client_id, now, before)
        if uri is None:
            return None
        try:
            keys = await fetch_key_set(self.outbound, uri)
        except OutboundError as error:
            log.warning("the keys of client %s stay as they are: its jwks_uri %s", ids.show(client_id), error)
            return None
        return await _store_keys(database, council, client_id, uri, keys)

    async def run_forever(self, database: Database) -> None:
        """Fetch old keys again for ever, so that a key that was taken down is soon refused."""
        while True:
            before = clock.now() - timedelta(seconds=self._settings.jwks_age)
            async with database.reading("*") as session:
                due = await store.list_due(session, before, _BATCH)
            await asyncio.gather(*(self.refresh(database, row.council, row.id) for row in due))
            await asyncio.sleep(_PAUSE)


async def _store_keys(database: Database, council: str, client_id: UUID, uri: str, new: Keys) -> Keys | None:
    """Store fetched keys, unless the client has changed meanwhile."""
    now = clock.now()
    async with database.writing(council) as session:
        row = await store.lock_keys(session, council, client_id)
        if row is None or row.jwks_uri != uri:
            return None
        await store.record_reading(session, council, client_id, now)
        if row.jwks != new:
            await store.update_keys(session, council, client_id, new)
            changes = {"jwks": [list_kids(row.jwks), list_kids(new)]}
            service = (services.AGGREGATE, ids.show(client_id))
            await audit.record(session, council, _JWKS_URI, "keys-read", *service, changes=changes, at=now)
    return new


def list_kids(keys: Sequence[Any] | None) -> list[str]:
    """List the ids of keys, as the history records them."""
    return [key["kid"] for key in keys or ()]


async def refresh_client_keys(database: Database, settings: Settings) -> None:
    """Fetch the keys that clients publish again, for ever: a task of the worker."""
    await KeyRefresher(settings).run_forever(database)
