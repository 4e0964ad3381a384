"""The SQL of signing keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, text, update

from chassis.database import ReadSession, Session
from identity.issuer.tables import api_key, signing_key

_LOCK = text("SELECT pg_advisory_xact_lock(7420501)")
_LAST_API_KEY = (
    select(func.max(api_key.c.expires_at))
    .where(api_key.c.kid == signing_key.c.kid, api_key.c.revoked_at.is_(None))
    .scalar_subquery()
)
_LIST = select(signing_key, _LAST_API_KEY.label("api_keys_until")).order_by(signing_key.c.signs_from)
_ADD = insert(signing_key)
_DELETE_OTHERS = delete(signing_key).where(signing_key.c.kid.not_in(bindparam("kids", expanding=True)))
_ERASE = (
    update(signing_key).where(signing_key.c.kid.in_(bindparam("kids", expanding=True))).values(sealed=None)
)


async def lock_keys(session: Session) -> None:
    """Lock the signing keys until the transaction ends."""
    await session.execute(_LOCK)


async def list_keys(session: ReadSession) -> Sequence[Row[Any]]:
    """List the signing keys with ``api_keys_until``, the expiry of the last live API key each signed.

    The session must see across councils.
    """
    return await session.all(_LIST)


async def add_key(
    session: Session,
    kid: str,
    public: dict[str, Any],
    sealed: bytes,
    created_at: datetime,
    signs_from: datetime,
    algorithm: str,
) -> None:
    """Add a key; ``sealed`` is its private half."""
    values = {
        "kid": kid,
        "public": public,
        "sealed": sealed,
        "created_at": created_at,
        "signs_from": signs_from,
        "algorithm": algorithm,
    }
    await session.execute(_ADD, values)


async def delete_others(session: Session, kids: Sequence[str]) -> int:
    """Delete every other key: no signature of theirs is in use any more."""
    return await session.execute(_DELETE_OTHERS, {"kids": list(kids)})


async def erase_private_keys(session: Session, kids: Sequence[str]) -> None:
    """Erase the private halves of keys that will not sign again."""
    await session.execute(_ERASE, {"kids": list(kids)})
