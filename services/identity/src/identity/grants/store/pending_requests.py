"""Authorization requests that wait for their answer. A secret is known here by its SHA-256 alone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, insert, select, update

from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from identity.grants.tables import authorization

_ADD = insert(authorization)
_GET_BY_SECRET = select(authorization).where(
    authorization.c.secret_hash == bindparam("hash"),
    authorization.c.kind == "browser",
    authorization.c.expires_at > bindparam("now", type_=authorization.c.expires_at.type),
)
_LOCK_BY_SECRET = _GET_BY_SECRET.with_for_update()
_TAKE_PUSHED = (
    delete(authorization)
    .where(
        authorization.c.secret_hash == bindparam("hash"),
        authorization.c.kind == "pushed",
        authorization.c.client == bindparam("client_"),
        authorization.c.expires_at > bindparam("now", type_=authorization.c.expires_at.type),
    )
    .returning(authorization.c.request)
)
_DELETE = delete(authorization).where(
    authorization.c.council == bindparam("council_"), authorization.c.id == bindparam("id_")
)
_MARK_UNPROVEN = (
    update(authorization)
    .where(authorization.c.council == bindparam("council_"), authorization.c.id == bindparam("id_"))
    .values(unproven=bindparam("account_"))
)
_PURGE = delete_batch(
    authorization, authorization.c.expires_at < bindparam("now", type_=authorization.c.expires_at.type)
)


async def add_request(session: Session, values: Mapping[str, Any]) -> None:
    """Add a request; ``browser_hash`` is None for a pushed one."""
    await session.execute(_ADD, dict(values))


async def get_by_secret(session: ReadSession, hashed: bytes, now: datetime) -> Row[Any] | None:
    """Get a request on its way in a browser; None when there is none or it is too old."""
    return await session.first(_GET_BY_SECRET, {"hash": hashed, "now": now})


async def lock_by_secret(session: Session, hashed: bytes, now: datetime) -> Row[Any] | None:
    """As ``get_by_secret``, and lock it: nobody else answers it before this transaction ends."""
    return await session.first(_LOCK_BY_SECRET, {"hash": hashed, "now": now})


async def take_pushed(session: Session, hashed: bytes, client: UUID, now: datetime) -> Any | None:
    """Take the parameters this client pushed, once; None when there are none, or none any more."""
    return await session.scalar(_TAKE_PUSHED, {"hash": hashed, "client_": client, "now": now})


async def delete_request(session: Session, council: str, request_id: UUID) -> None:
    """Delete a request that has its answer."""
    await session.execute(_DELETE, {"council_": council, "id_": request_id})


async def mark_unproven(session: Session, council: str, request_id: UUID, account: UUID) -> None:
    """Record who goes on without the proof that a request asks for."""
    await session.execute(_MARK_UNPROVEN, {"council_": council, "id_": request_id, "account_": account})


async def purge(session: Session, now: datetime, most: int) -> int:
    """Delete a batch of the requests nobody followed up."""
    return await session.execute(_PURGE, {"now": now, "most": most})
