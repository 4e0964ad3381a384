"""The councils this service serves, and the credentials refused: in memory, fed by identity's events.

The worker writes identity's events into the service's own tables; every web process holds both tables in
memory and reads them again when PostgreSQL says they changed, and every few seconds in any case.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import bindparam, case, func, null
from sqlalchemy.dialects.postgresql import insert

from chassis import tables
from chassis.auth import Caller, permission
from chassis.consumer import Consumer
from chassis.database import Database, Session
from chassis.events import EventData, Received
from chassis.types import Slug

log = logging.getLogger(__name__)

_POLL = 5.0  # seconds between looks when PostgreSQL says nothing
_COUNCILS = "SELECT slug, name, gss, region, status, version FROM council"
_REVOKED = """SELECT id, extract(epoch FROM issued_before)::bigint AS issued_before
    FROM revoked_token WHERE expires_at > now()"""
_EVER = 1 << 62  # later than any token is issued
_COUNCIL = insert(tables.council)
_UPSERT_COUNCIL = _COUNCIL.on_conflict_do_update(
    index_elements=["slug"],
    set_={
        name: _COUNCIL.excluded[name] for name in ("name", "gss", "region", "status", "version", "updated_at")
    },
    where=tables.council.c.version < _COUNCIL.excluded.version,
)
_HELD = tables.revoked_token.c
_REFUSAL = insert(tables.revoked_token)
_NEW = _REFUSAL.excluded
_REVOKE = _REFUSAL.on_conflict_do_update(  # whatever either refuses, in whichever order they come
    index_elements=["council", "id"],
    set_={
        "expires_at": func.greatest(_HELD.expires_at, _NEW.expires_at),
        "issued_before": case(
            (_HELD.issued_before.is_(None) | _NEW.issued_before.is_(None), null()),
            else_=func.greatest(_HELD.issued_before, _NEW.issued_before),
        ),
        "claim": case((_HELD.claim == _NEW.claim, _HELD.claim), else_=null()),
    },
)
_PURGE = tables.revoked_token.delete().where(tables.revoked_token.c.expires_at < bindparam("now"))


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

    def refuses(self, caller: Caller) -> bool:
        """Whether the token, its client, its subject or its mandate is refused. Costs the same for any list.

        ``iat`` is in whole seconds, so a token of the very second of a refusal is refused with those before:
        it may have been the earlier one. Who gets it asks again and has one of the next second.
        """
        revoked = self.revoked
        if revoked.keys().isdisjoint(caller.refused_by):
            return False
        return any(caller.issued <= revoked.get(name, -1) for name in caller.refused_by)

    async def refresh(self) -> None:
        """Read both tables again."""
        async with self._database.fast.acquire() as connection:
            await self._read(connection)

    async def _read(self, connection: asyncpg.Connection | PoolConnectionProxy) -> None:
        councils = await connection.fetch(_COUNCILS)
        revoked = await connection.fetch(_REVOKED)
        self.councils = {row["slug"]: Council(**row) for row in councils}
        self.revoked = _widest(revoked)

    async def follow(self) -> None:
        """Keep up with the tables for ever. Raises when the database is lost; call it again."""
        changed = asyncio.Event()
        connection = await self._database.listen()
        try:
            for channel in ("townhall_council", "townhall_revoked_token"):
                await connection.add_listener(channel, lambda *_: changed.set())
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


def _widest(rows: Iterable[Any]) -> dict[str, int]:
    """Councils may refuse the same id: what one refuses is refused."""
    found: dict[str, int] = {}
    for name, until in rows:
        found[name] = max(found.get(name, -1), _EVER if until is None else until)
    return found


class CouncilState(EventData):
    """A council as identity announces it."""

    event_type: ClassVar[str] = "identity.council.created.v1"
    slug: str
    name: str
    gss: str
    region: str
    status: str


class CouncilChange(CouncilState):
    """A council after a change of its name or status."""

    event_type: ClassVar[str] = "identity.council.changed.v1"


class Revocation(EventData):
    """A credential that is refused from now on; with ``issued_before`` only what was issued until then."""

    event_type: ClassVar[str] = "identity.token.revoked.v1"
    id: str = Field(max_length=200)
    expires_at: AwareDatetime
    issued_before: AwareDatetime | None = None


# Every service but identity has this consumer; the app adds it.
councils = Consumer("councils", capability="identity")


@councils.on(CouncilState)
async def _created(session: Session, event: Received[CouncilState]) -> None:
    await _learn(session, event)


@councils.on(CouncilChange)
async def _changed(session: Session, event: Received[CouncilChange]) -> None:
    await _learn(session, event)


@councils.on(Revocation)
async def _revoked(session: Session, event: Received[Revocation]) -> None:
    told = event.data
    await revoke(session, event.council, told.id, told.expires_at, told.issued_before)


async def _learn(session: Session, event: Received[Any]) -> None:
    """Events may come late or out of order: a lower version never overwrites a higher one."""
    state = event.data.model_dump()
    await session.execute(_UPSERT_COUNCIL, {**state, "version": event.sequence, "updated_at": event.time})


async def revoke(
    session: Session,
    council: str,
    credential: str,
    expires_at: datetime,
    issued_before: datetime | None = None,
    claim: str | None = None,
) -> None:
    """Refuse a token (its jti), or all of a client, a subject or a mandate (their ids), until they would
    have expired anyway; with ``issued_before`` only tokens whose ``iat`` is not later than its second."""
    await revoke_all(session, council, [credential], expires_at, issued_before, claim)


async def revoke_all(
    session: Session,
    council: str,
    credentials: Iterable[str],
    expires_at: datetime,
    issued_before: datetime | None = None,
    claim: str | None = None,
) -> None:
    """The same of many, with one statement."""
    second = issued_before.replace(microsecond=0) if issued_before else None
    shared = {"council": council, "expires_at": expires_at, "issued_before": second, "claim": claim}
    # in order, so that two who refuse some of the same do not wait for each other
    rows = [{**shared, "id": one} for one in sorted(set(credentials))]
    if rows:
        await session.execute(_REVOKE, rows)


async def purge(session: Session) -> None:
    """Forget revoked credentials that have expired."""
    await session.execute(_PURGE, {"now": datetime.now(UTC)})


class CouncilView(BaseModel):
    """What this service knows of the council: read from its own database, fed by identity's events."""

    slug: str = Field(examples=["citytown"])
    name: str = Field(examples=["Citytown Council"])
    gss: str = Field(examples=["E06000022"])
    region: str = Field(examples=["local"])
    status: str = Field(examples=["active"])
    version: int = Field(description="Rises with every change of the council")


def router(capability: str) -> APIRouter:
    """``GET /{council}/{capability}/v1/council``, the same in every service."""
    routes = APIRouter()

    @routes.get(f"/{{council}}/{capability}/v1/council", tags=["council"])
    async def read_council(
        request: Request,
        council: Slug,
        _: Annotated[Caller, permission(f"{capability}:read")],
    ) -> CouncilView:
        """What this service knows of the council."""
        directory: Directory = request.app.state.directory
        return CouncilView.model_validate(directory.councils[council], from_attributes=True)

    return routes
