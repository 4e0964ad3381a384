"""Requests for sign-in, and what people have agreed to. A secret is known here by its SHA-256 alone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import ReadSession, Session
from identity.grants.tables import authorization, consent

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
_PURGE = delete(authorization).where(
    authorization.c.expires_at < bindparam("now", type_=authorization.c.expires_at.type)
)
_IN_FORCE = and_(
    consent.c.council == bindparam("council_"),
    consent.c.account == bindparam("account_"),
    consent.c.client == bindparam("client_"),
    consent.c.revoked_at.is_(None),
)
_GET_CONSENT = select(consent.c.scopes, consent.c.claims, consent.c.given_at).where(_IN_FORCE)
_LIST_CONSENTS = (
    select(consent)
    .where(consent.c.account == bindparam("account_"), consent.c.revoked_at.is_(None))
    .order_by(consent.c.council, consent.c.client)
    .limit(bindparam("most"))
)
_ADD_CONSENT = insert(consent)
_SAVE_CONSENT = _ADD_CONSENT.on_conflict_do_update(
    index_elements=["council", "account", "client"],
    set_={
        "scopes": _ADD_CONSENT.excluded.scopes,
        "claims": _ADD_CONSENT.excluded.claims,
        "given_at": _ADD_CONSENT.excluded.given_at,
        "revoked_at": None,
    },
)
_REVOKE_CONSENT = update(consent).where(_IN_FORCE).values(revoked_at=bindparam("at"))


async def add_request(session: Session, values: Mapping[str, Any]) -> None:
    """Keep a request; ``browser_hash`` is None for a pushed one."""
    await session.execute(_ADD, dict(values))


async def get_by_secret(session: ReadSession, hashed: bytes, now: datetime) -> Row[Any] | None:
    """The request on its way through a browser; None when there is none or it is too old."""
    return await session.first(_GET_BY_SECRET, {"hash": hashed, "now": now})


async def lock_by_secret(session: Session, hashed: bytes, now: datetime) -> Row[Any] | None:
    """As ``browser``; nobody else answers it before this transaction ends."""
    return await session.first(_LOCK_BY_SECRET, {"hash": hashed, "now": now})


async def take_pushed(session: Session, hashed: bytes, client: UUID, now: datetime) -> Any | None:
    """The parameters this client pushed, once; None when there are none (any more)."""
    return await session.scalar(_TAKE_PUSHED, {"hash": hashed, "client_": client, "now": now})


async def delete_request(session: Session, council: str, request_id: UUID) -> bool:
    """Forget a request that is answered; false when it was already."""
    return await session.execute(_DELETE, {"council_": council, "id_": request_id}) == 1


async def mark_unproven(session: Session, council: str, request_id: UUID, account: UUID) -> None:
    """Remember who goes on without the proof that a request asks for."""
    await session.execute(_MARK_UNPROVEN, {"council_": council, "id_": request_id, "account_": account})


async def purge(session: Session, now: datetime) -> None:
    """Forget the requests nobody followed up."""
    await session.execute(_PURGE, {"now": now})


async def get_consent(session: ReadSession, council: str, account: UUID, client: UUID) -> Row[Any] | None:
    """What the person agrees that the client may know and do; None for nothing."""
    return await session.first(_GET_CONSENT, {"council_": council, "account_": account, "client_": client})


async def list_consents(session: ReadSession, account: UUID, fetch: int) -> Sequence[Row[Any]]:
    """All that a person agrees to; ``fetch`` at most."""
    return await session.all(_LIST_CONSENTS, {"account_": account, "most": fetch})


async def save_consent(session: Session, values: Mapping[str, Any]) -> None:
    """Keep what a person has agreed to, in place of what was before."""
    await session.execute(_SAVE_CONSENT, {**values, "revoked_at": None})


async def revoke_consent(session: Session, council: str, account: UUID, client: UUID, at: datetime) -> bool:
    """Whether there was any until now."""
    values = {"council_": council, "account_": account, "client_": client, "at": at}
    return await session.execute(_REVOKE_CONSENT, values) == 1
