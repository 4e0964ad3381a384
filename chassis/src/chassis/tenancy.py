"""The councils this service serves and the credentials it refuses: in memory, fed by identity's events.

The worker writes identity's events into the service's own tables. Every web process holds both tables in
memory, and reads them again when PostgreSQL notifies it of a change and every few seconds in any case.
"""

import asyncio
import logging
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.dialects.postgresql import insert

from chassis import revocations, tables
from chassis.auth import Caller, not_ready, permission
from chassis.consumer import Consumer
from chassis.database import Database, Session
from chassis.events import EventData, ForgedEventError, Received
from chassis.types import SLUG_PATTERN, Gss, Name, Slug

log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds a request for a council that is not known waits: one made a moment ago is on its way here."""
MAX_WAITING = 50
"""Requests of one process that wait at once. A flood of invented councils holds no more than these."""

_STATEMENT_TIMEOUT = 5.0  # seconds after which a server that does not answer is given up
_POLL = 5.0  # seconds between reads when PostgreSQL notifies of nothing
_SLUG = re.compile(SLUG_PATTERN)
_READ_COUNCILS = "SELECT slug, name, gss, region, status, version FROM council"
_READ_REVOKED = """SELECT id, extract(epoch FROM issued_before)::bigint AS issued_before
    FROM revoked_token WHERE expires_at > now()"""
_NO_END = 1 << 62  # later than any token is issued
_INSERT_COUNCIL = insert(tables.council)
_NEW_COUNCIL = {
    name: _INSERT_COUNCIL.excluded[name]
    for name in ("name", "gss", "region", "status", "version", "updated_at")
}
_SET_COUNCIL = _INSERT_COUNCIL.on_conflict_do_update(index_elements=["slug"], set_=_NEW_COUNCIL)
_UPSERT_COUNCIL = _INSERT_COUNCIL.on_conflict_do_update(
    index_elements=["slug"],
    set_=_NEW_COUNCIL,
    where=tables.council.c.version < _INSERT_COUNCIL.excluded.version,
)


@dataclass(frozen=True, slots=True)
class Council:
    """A council as this service knows it."""

    slug: str
    name: str
    gss: str
    region: str
    status: str
    version: int

    @property
    def suspended(self) -> bool:
        return self.status == "suspended"


class Directory:
    """The councils and the revoked credentials, in memory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.councils: dict[str, Council] = {}
        self.revoked: dict[str, int] = {}  # id to the last second whose tokens are refused
        self._read_at = 0.0
        self._read_again = asyncio.Event()  # another one after each read
        self._refreshing = asyncio.Lock()
        self._waiting = 0

    async def find_council(self, slug: str) -> Council | None:
        """Find a council. Waits for one that is not known yet, and returns None after ``PATIENCE`` seconds.

        Raises Problem 503 when too many requests wait already.
        """
        council = self.councils.get(slug)
        if council is not None or not _SLUG.match(slug):
            return council
        if self._waiting >= MAX_WAITING:
            raise not_ready(slug)
        self._waiting += 1
        try:
            return await self._wait_for_council(slug)
        finally:
            self._waiting -= 1

    async def _wait_for_council(self, slug: str) -> Council | None:
        try:
            async with asyncio.timeout(PATIENCE):
                while slug not in self.councils:
                    await self._read_again.wait()
        except TimeoutError:
            await self._refresh_if_older(PATIENCE / 2)
        return self.councils.get(slug)

    async def _refresh_if_older(self, seconds: float) -> None:
        """Read both tables unless that has just been done: a notification may have been lost."""
        async with self._refreshing:
            if time.monotonic() - self._read_at > seconds:
                await self.refresh()

    def refuses(self, caller: Caller) -> bool:
        """Check whether the token, its client, its subject or its mandate is refused.

        ``iat`` is in whole seconds, so a token of the very second of a refusal is refused too: it may have
        been issued before. Its client asks again and gets one of the next second.
        """
        revoked = self.revoked
        if revoked.keys().isdisjoint(caller.revocable_ids):
            return False
        return any(caller.issued <= revoked.get(name, -1) for name in caller.revocable_ids)

    async def refresh(self) -> None:
        """Read both tables again."""
        async with self._database.fast.acquire() as connection:
            await self._read(connection)

    async def _read(self, connection: asyncpg.Connection | PoolConnectionProxy) -> None:
        councils = await connection.fetch(_READ_COUNCILS)
        revoked = await connection.fetch(_READ_REVOKED)
        self.councils = {row["slug"]: Council(**row) for row in councils}
        self.revoked = _merge_refusals(revoked)
        self._read_at = time.monotonic()
        self._read_again.set()
        self._read_again = asyncio.Event()

    async def follow(self) -> None:
        """Keep up with the tables for ever. Raises when the database is lost; call it again."""
        changed = asyncio.Event()
        connection = await self._database.listen(command_timeout=_STATEMENT_TIMEOUT)
        try:
            for channel in ("townhall_council", "townhall_revoked_token"):
                await connection.add_listener(channel, lambda *_: changed.set())
            # Else a lost connection would be noticed at the next read only.
            connection.add_termination_listener(lambda *_: changed.set())
            while True:
                changed.clear()
                await self._read(connection)
                try:
                    async with asyncio.timeout(_POLL):
                        await changed.wait()
                except TimeoutError:
                    continue
        finally:
            connection.terminate()


def _merge_refusals(rows: Iterable[Any]) -> dict[str, int]:
    """Keep the widest refusal of each id: several councils may refuse the same one."""
    refusals: dict[str, int] = {}
    for credential, issued_before in rows:
        last_second = _NO_END if issued_before is None else issued_before
        refusals[credential] = max(refusals.get(credential, -1), last_second)
    return refusals


class CouncilState(EventData):
    """A council as identity publishes it."""

    event_type: ClassVar[str] = "identity.council.created.v1"
    slug: Slug
    name: Name
    gss: Gss
    region: str = Field(max_length=40)
    status: str = Field(max_length=40)


class CouncilChange(CouncilState):
    """A council after a change of its name or status."""

    event_type: ClassVar[str] = "identity.council.changed.v1"


class Revocation(EventData):
    """A credential that is refused from now on; with ``issued_before`` only tokens issued until then."""

    event_type: ClassVar[str] = "identity.token.revoked.v1"
    id: str = Field(max_length=200)
    expires_at: AwareDatetime
    issued_before: AwareDatetime | None = None


# Every service but identity has this consumer; the app adds it.
councils = Consumer("councils", capability="identity", projection=True)


@councils.on(CouncilState)
async def _add_council(session: Session, event: Received[CouncilState]) -> None:
    await _upsert_council(session, event)


@councils.on(CouncilChange)
async def _change_council(session: Session, event: Received[CouncilChange]) -> None:
    await _upsert_council(session, event)


@councils.on(Revocation)
async def _revoke_credential(session: Session, event: Received[Revocation]) -> None:
    revocation = event.data
    await revocations.revoke(
        session, event.council, revocation.id, revocation.expires_at, revocation.issued_before
    )


async def _upsert_council(session: Session, event: Received[Any]) -> None:
    """Write a council; a lower version, which comes late, never overwrites a higher one.

    Raises ForgedEventError for an event under another council's subject.
    """
    if event.data.slug != event.council:
        raise ForgedEventError(f"an event of {event.council} about another council")
    state = event.data.model_dump()
    statement = _SET_COUNCIL if event.snapshot else _UPSERT_COUNCIL
    await session.execute(statement, {**state, "version": event.sequence, "updated_at": event.time})


class CouncilView(BaseModel):
    """What this service knows about the council. It keeps its own copy, updated by identity's events."""

    slug: str = Field(examples=["citytown"])
    name: str = Field(examples=["Citytown Council"])
    gss: str = Field(examples=["E06000022"])
    region: str = Field(examples=["local"])
    status: str = Field(examples=["active"])
    version: int = Field(description="Goes up with every change to the council")


def make_router(capability: str) -> APIRouter:
    """Make the router of ``GET /{council}/{capability}/v1/council``, the same in every service."""
    router = APIRouter()

    @router.get(f"/{{council}}/{capability}/v1/council", tags=["council"])
    async def read_council(
        request: Request,
        council: Slug,
        _: Annotated[Caller, permission(f"{capability}:read")],
    ) -> CouncilView:
        """Get what this service knows about the council."""
        directory: Directory = request.app.state.directory
        return CouncilView.model_validate(directory.councils[council], from_attributes=True)

    return router
