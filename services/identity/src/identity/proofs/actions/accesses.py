"""The record of accesses to proofs: who did what with one, and when. The database keeps it as written."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids, outbox
from chassis.database import ReadSession, Session
from identity.events import IdentityAccess
from identity.proofs import store

_NIL = UUID(int=0)
_NEWEST = UUID(int=2**128 - 1)
_FIRST_VERSION = 1


async def record_read(session: Session, council: str, account: UUID, proof_id: UUID, actor: str) -> None:
    """Record that ``actor`` (a client, a subject) was shown what a proof proved.

    The session must see the council.
    """
    await record_access(session, council, account, proof_id, "read", actor)


async def list_accesses(
    session: ReadSession, account: UUID, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List accesses to a person's proofs at the councils the session sees, the oldest first."""
    return await store.list_accesses(session, account, after or _NIL, fetch)


async def record_access(
    session: Session, council: str, account: UUID, proof_id: UUID, act: str, actor: str
) -> None:
    """Record an access, which the database keeps as written, and publish it."""
    access_id, now = ids.new(), _now()
    values = {"council": council, "id": access_id, "account": account, "proof": proof_id, "act": act}
    await store.insert_access(session, {**values, "actor": actor, "at": now})
    event = IdentityAccess.model_validate(
        {"account": ids.show(account), "proof": ids.show(proof_id), "act": act, "actor": actor, "at": now}
    )
    await outbox.add(session, event, council=council, subject=ids.show(access_id), sequence=_FIRST_VERSION)


async def list_all_accesses(
    session: Session, account: UUID, before: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List accesses to a person's proofs at every council, the newest first.

    The session sees every council afterwards.
    """
    await session.set_all_councils()
    return await store.list_newest_accesses(session, account, before or _NEWEST, fetch)


def _now() -> datetime:
    return clock.now()
