"""The consumer every service has but the issuer: councils and revocations, as the issuer publishes them.

It writes them into the service's own tables, of which ``chassis.directory`` and ``chassis.deny_list`` are
copies in memory.
"""

from typing import Any, ClassVar

from pydantic import AwareDatetime, Field
from sqlalchemy.dialects.postgresql import insert

from chassis import revocations, tables
from chassis.consumer import Consumer
from chassis.database import Session
from chassis.events import EventData, ForgedEventError, Received
from chassis.types import Gss, Name, Slug

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
