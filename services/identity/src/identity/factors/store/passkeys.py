"""Read and change passkeys, and the challenges they sign."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.factors.tables import passkey, passkey_challenge

_INSERT = upsert(passkey_challenge)
_SET_CHALLENGE = _INSERT.on_conflict_do_update(
    index_elements=["browser", "purpose"],
    set_={c: _INSERT.excluded[c] for c in ("challenge", "expires_at")},
)
_USE_CHALLENGE = (
    delete(passkey_challenge)
    .where(
        passkey_challenge.c.browser == bindparam("browser_"),
        passkey_challenge.c.purpose == bindparam("purpose_"),
    )
    .returning(passkey_challenge.c.challenge, passkey_challenge.c.expires_at)
)
_CREATE = upsert(passkey).on_conflict_do_nothing().returning(passkey.c.id)
_LIST_BY_ACCOUNT = (
    select(passkey).where(passkey.c.account == bindparam("account_")).order_by(passkey.c.id).limit(100)
)
_GET_BY_CREDENTIAL = select(passkey).where(passkey.c.credential == bindparam("credential_"))
_OF_ACCOUNT = (passkey.c.account == bindparam("account_"), passkey.c.id == bindparam("id_"))
_UPDATE_SIGN_COUNT = (
    update(passkey)
    .where(*_OF_ACCOUNT, passkey.c.sign_count == bindparam("before"))
    .values(sign_count=bindparam("after"), used_at=bindparam("at"))
)
_RENAME = update(passkey).where(*_OF_ACCOUNT).values(name=bindparam("name_"))
_DELETE = delete(passkey).where(*_OF_ACCOUNT)


async def set_challenge(
    session: Session, browser: bytes, purpose: str, challenge: bytes, expires_at: datetime
) -> None:
    """Set the challenge of a browser for a purpose, in place of the one before."""
    values = {"browser": browser, "purpose": purpose, "challenge": challenge, "expires_at": expires_at}
    await session.execute(_SET_CHALLENGE, values)


async def use_challenge(session: Session, browser: bytes, purpose: str, now: datetime) -> bytes | None:
    """Use up the challenge of a browser and return it; None when there is none or it has expired."""
    row = await session.first(_USE_CHALLENGE, {"browser_": browser, "purpose_": purpose})
    return row.challenge if row is not None and row.expires_at > now else None


async def create(session: Session, values: Mapping[str, Any]) -> bool:
    """Create a passkey; return false when its credential is registered already."""
    return await session.scalar(_CREATE, dict(values)) is not None


async def list_by_account(session: ReadSession, account_id: UUID) -> Sequence[Row[Any]]:
    """List the passkeys of an account, oldest first."""
    return await session.all(_LIST_BY_ACCOUNT, {"account_": account_id})


async def get_by_credential(session: ReadSession, credential: bytes) -> Row[Any] | None:
    """Get a passkey by its WebAuthn credential id."""
    return await session.first(_GET_BY_CREDENTIAL, {"credential_": credential})


async def update_sign_count(session: Session, row: Row[Any], count: int, at: datetime) -> bool:
    """Update the sign count; return false when another sign-in changed it meanwhile."""
    values = {"account_": row.account, "id_": row.id, "before": row.sign_count, "after": count, "at": at}
    return await session.execute(_UPDATE_SIGN_COUNT, values) == 1


async def rename(session: Session, account_id: UUID, passkey_id: UUID, name: str) -> bool:
    """Rename a passkey; return false when the account has no such passkey."""
    return await session.execute(_RENAME, {"account_": account_id, "id_": passkey_id, "name_": name}) == 1


async def delete_passkey(session: Session, account_id: UUID, passkey_id: UUID) -> bool:
    """Delete a passkey; return false when the account has no such passkey."""
    return await session.execute(_DELETE, {"account_": account_id, "id_": passkey_id}) == 1
