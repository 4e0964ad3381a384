"""Public keys that clients publish at a ``jwks_uri``: fetched, fetched again, kept while it is away."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from chassis import audit, clock, ids
from chassis.database import Database, Session
from chassis.jobs import CallContext, CallData, Every, Finish, Job, JobHandlers, NewJob, Schedule, enqueue_all
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
_BATCH = 1_000  # clients at a time
_TRIES = 3
_LIMIT = 30.0  # seconds
handlers = JobHandlers()


class RefreshOldKeys(CallData):
    """Have the keys of every client fetched again whose were not for ``jwks_age``."""

    kind: ClassVar[str] = "identity.refresh_old_keys"


class RefreshKeys(CallData):
    """Fetch a client's keys again, so that one that was taken down is soon refused."""

    kind: ClassVar[str] = "identity.refresh_keys"
    client: UUID


schedules = [Schedule("client keys", Every(30), lambda _: RefreshOldKeys())]


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

    async def refresh(
        self, database: Database, council: str, client_id: UUID, *, at_once: bool = False
    ) -> Keys | None:
        """Fetch the client's keys; None when that was tried a moment ago or fails.

        Then the stored keys are used on. ``at_once``: also if it was tried a moment ago.
        """
        return await asyncio.shield(self.start_refresh(database, council, client_id, at_once=at_once))

    def start_refresh(
        self, database: Database, council: str, client_id: UUID, *, at_once: bool = False
    ) -> asyncio.Task[Keys | None]:
        """Start to fetch the client's keys without waiting: for use inside a transaction."""
        task = self._running.get(client_id)
        if task is None:
            floor = timedelta(seconds=0 if at_once else self._settings.jwks_floor)
            task = asyncio.create_task(self._read(database, council, client_id, clock.now() - floor))
            self._running[client_id] = task
            task.add_done_callback(lambda _: self._running.pop(client_id, None))
        return task

    async def enqueue_old(self, session: Session) -> None:
        """Enqueue a job for each client whose keys are old; the session sees across councils."""
        before = clock.now() - timedelta(seconds=self._settings.jwks_age)
        rows = await store.list_due(session, before, _BATCH)
        await enqueue_all(
            session, [NewJob(RefreshKeys(client=row.id), row.council, key=ids.show(row.id)) for row in rows]
        )

    async def _read(self, database: Database, council: str, client_id: UUID, before: datetime) -> Keys | None:
        """Fetch the keys unless they were tried after ``before``."""
        async with database.writing(council) as session:
            uri = await store.claim_refresh(session, council, client_id, clock.now(), before)
        if uri is None:
            return None
        try:
            keys = await fetch_key_set(self.outbound, uri)
        except OutboundError as error:
            log.warning("the keys of client %s stay as they are: its jwks_uri %s", ids.show(client_id), error)
            return None
        return await _store_keys(database, council, client_id, uri, keys)


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


@handlers.call(RefreshOldKeys)
async def refresh_old_keys(context: CallContext, _job: Job[RefreshOldKeys]) -> Finish:
    """Enqueue a job for each client whose keys are old. It calls nobody, but only calls know settings."""
    return context.share(KeyRefresher).enqueue_old


@handlers.call(RefreshKeys, tries=_TRIES, limit=_LIMIT)
async def refresh_keys(context: CallContext, job: Job[RefreshKeys]) -> None:
    """Fetch the keys of a client again. One whose server is away waits its own time, as after a success."""
    refresher = context.share(KeyRefresher)
    # At once, for it may be that a worker began a moment ago and ended: a try counts from its beginning.
    await refresher.refresh(context.database, job.council, job.data.client, at_once=True)
