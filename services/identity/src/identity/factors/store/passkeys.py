"""Passkeys, and the challenges they sign."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.factors.tables import passkey, passkey_challenge

_ASK = upsert(passkey_challenge)
_CHALLENGE = _ASK.on_conflict_do_update(
    index_elements=["browser", "purpose"],
    set_={c: _ASK.excluded[c] for c in ("challenge", "expires_at")},
)
_TAKE = (
    delete(passkey_challenge)
    .where(
        passkey_challenge.c.browser == bindparam("browser_"),
        passkey_challenge.c.purpose == bindparam("purpose_"),
    )
    .returning(passkey_challenge.c.challenge, passkey_challenge.c.expires_at)
)
_ADD = upsert(passkey).on_conflict_do_nothing().returning(passkey.c.id)
_OF_ACCOUNT = (
    select(passkey).where(passkey.c.account == bindparam("account_")).order_by(passkey.c.id).limit(100)
)
_BY_CREDENTIAL = select(passkey).where(passkey.c.credential == bindparam("credential_"))
_MINE = (passkey.c.account == bindparam("account_"), passkey.c.id == bindparam("id_"))
_USED = (
    update(passkey)
    .where(*_MINE, passkey.c.sign_count == bindparam("before"))
    .values(sign_count=bindparam("after"), used_at=bindparam("at"))
)
_RENAME = update(passkey).where(*_MINE).values(name=bindparam("name_"))
_DROP = delete(passkey).where(*_MINE)


async def keep_challenge(
    session: Session, browser: bytes, purpose: str, challenge: bytes, expires_at: datetime
) -> None:
    values = {"browser": browser, "purpose": purpose, "challenge": challenge, "expires_at": expires_at}
    await session.execute(_CHALLENGE, values)


async def take_challenge(session: Session, browser: bytes, purpose: str, now: datetime) -> bytes | None:
    """The challenge, which is used up by this; None when there is none or it is too old."""
    row = await session.first(_TAKE, {"browser_": browser, "purpose_": purpose})
    return row.challenge if row is not None and row.expires_at > now else None


async def add(session: Session, values: Mapping[str, Any]) -> bool:
    """False when this credential is registered already."""
    return await session.scalar(_ADD, dict(values)) is not None


async def of_account(session: ReadSession, account_id: UUID) -> Sequence[Row[Any]]:
    return await session.all(_OF_ACCOUNT, {"account_": account_id})


async def by_credential(session: ReadSession, credential: bytes) -> Row[Any] | None:
    return await session.first(_BY_CREDENTIAL, {"credential_": credential})


async def used(session: Session, row: Row[Any], after: int, at: datetime) -> bool:
    """Note the next count; false when another sign-in noted one meanwhile."""
    values = {"account_": row.account, "id_": row.id, "before": row.sign_count, "after": after, "at": at}
    return await session.execute(_USED, values) == 1


async def rename(session: Session, account_id: UUID, passkey_id: UUID, name: str) -> bool:
    return await session.execute(_RENAME, {"account_": account_id, "id_": passkey_id, "name_": name}) == 1


async def drop(session: Session, account_id: UUID, passkey_id: UUID) -> bool:
    return await session.execute(_DROP, {"account_": account_id, "id_": passkey_id}) == 1
