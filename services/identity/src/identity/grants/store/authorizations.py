"""Requests for sign-in, and what people have agreed to. A secret is known here by its SHA-256 alone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import ReadSession, Session
from identity.grants.tables import authorisation, consent

_ADD = insert(authorisation)
_BROWSER = select(authorisation).where(
    authorisation.c.secret_hash == bindparam("hash"),
    authorisation.c.kind == "browser",
    authorisation.c.expires_at > bindparam("now", type_=authorisation.c.expires_at.type),
)
_LOCKED = _BROWSER.with_for_update()
_TAKE_PUSHED = (
    delete(authorisation)
    .where(
        authorisation.c.secret_hash == bindparam("hash"),
        authorisation.c.kind == "pushed",
        authorisation.c.client == bindparam("client_"),
        authorisation.c.expires_at > bindparam("now", type_=authorisation.c.expires_at.type),
    )
    .returning(authorisation.c.request)
)
_DONE = delete(authorisation).where(
    authorisation.c.council == bindparam("council_"), authorisation.c.id == bindparam("id_")
)
_UNPROVEN = (
    update(authorisation)
    .where(authorisation.c.council == bindparam("council_"), authorisation.c.id == bindparam("id_"))
    .values(unproven=bindparam("account_"))
)
_SWEEP = delete(authorisation).where(
    authorisation.c.expires_at < bindparam("now", type_=authorisation.c.expires_at.type)
)
_OF_PERSON = and_(
    consent.c.council == bindparam("council_"),
    consent.c.account == bindparam("account_"),
    consent.c.client == bindparam("client_"),
    consent.c.revoked_at.is_(None),
)
_CONSENT = select(consent.c.scopes, consent.c.claims, consent.c.given_at).where(_OF_PERSON)
_CONSENTS = (
    select(consent)
    .where(consent.c.account == bindparam("account_"), consent.c.revoked_at.is_(None))
    .order_by(consent.c.council, consent.c.client)
    .limit(bindparam("most"))
)
_GIVE = insert(consent)
_AGREE = _GIVE.on_conflict_do_update(
    index_elements=["council", "account", "client"],
    set_={
        "scopes": _GIVE.excluded.scopes,
        "claims": _GIVE.excluded.claims,
        "given_at": _GIVE.excluded.given_at,
        "revoked_at": None,
    },
)
_REVOKE = update(consent).where(_OF_PERSON).values(revoked_at=bindparam("at"))


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Keep a request; ``browser_hash`` is None for a pushed one."""
    await session.execute(_ADD, dict(values))


async def browser(session: ReadSession, hashed: bytes, now: datetime) -> Row[Any] | None:
    """The request on its way through a browser; None when there is none or it is too old."""
    return await session.first(_BROWSER, {"hash": hashed, "now": now})


async def browser_locked(session: Session, hashed: bytes, now: datetime) -> Row[Any] | None:
    """As ``browser``; nobody else answers it before this transaction ends."""
    return await session.first(_LOCKED, {"hash": hashed, "now": now})


async def take_pushed(session: Session, hashed: bytes, client: UUID, now: datetime) -> Any | None:
    """The parameters this client pushed, once; None when there are none (any more)."""
    return await session.scalar(_TAKE_PUSHED, {"hash": hashed, "client_": client, "now": now})


async def done(session: Session, council: str, request_id: UUID) -> bool:
    """Forget a request that is answered; false when it was already."""
    return await session.execute(_DONE, {"council_": council, "id_": request_id}) == 1


async def go_unproven(session: Session, council: str, request_id: UUID, account: UUID) -> None:
    """Remember who goes on without the proof that a request asks for."""
    await session.execute(_UNPROVEN, {"council_": council, "id_": request_id, "account_": account})


async def sweep(session: Session, now: datetime) -> None:
    """Forget the requests nobody followed up."""
    await session.execute(_SWEEP, {"now": now})


async def consented(session: ReadSession, council: str, account: UUID, client: UUID) -> Row[Any] | None:
    """What the person agrees that the client may know and do; None for nothing."""
    return await session.first(_CONSENT, {"council_": council, "account_": account, "client_": client})


async def consents(session: ReadSession, account: UUID, fetch: int) -> Sequence[Row[Any]]:
    """All that a person agrees to; ``fetch`` at most."""
    return await session.all(_CONSENTS, {"account_": account, "most": fetch})


async def agree(session: Session, values: Mapping[str, Any]) -> None:
    """Keep what a person has agreed to, in place of what was before."""
    await session.execute(_AGREE, {**values, "revoked_at": None})


async def revoke_consent(session: Session, council: str, account: UUID, client: UUID, at: datetime) -> bool:
    """Whether there was any until now."""
    values = {"council_": council, "account_": account, "client_": client, "at": at}
    return await session.execute(_REVOKE, values) == 1
