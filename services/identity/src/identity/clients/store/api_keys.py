"""The SQL of API keys: what they allow and when they expire. The key itself is never stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, update

from chassis.database import ReadSession, Session
from identity.issuer.tables import api_key

_OF_COUNCIL = api_key.c.council == bindparam("council_")
_THIS = (_OF_COUNCIL, api_key.c.id == bindparam("id_"))
_ADD = insert(api_key)
_LIST_PAGE = (
    select(
        api_key.c.id,
        api_key.c.name,
        api_key.c.mode,
        api_key.c.scopes,
        api_key.c.created_at,
        api_key.c.expires_at,
    )
    .where(
        _OF_COUNCIL,
        api_key.c.revoked_at.is_(None),
        api_key.c.id > bindparam("after", type_=api_key.c.id.type),
    )
    .order_by(api_key.c.id)
    .limit(bindparam("most"))
)
_REVOKE = (
    update(api_key)
    .where(*_THIS, api_key.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
    .returning(api_key.c.expires_at)
)
_GET_KID = select(api_key.c.kid).where(*_THIS)


async def add_api_key(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """Add an API key."""
    await session.execute(_ADD, {**values, "council": council})


async def list_page(session: ReadSession, council: str, after: UUID, fetch: int) -> Sequence[Row[Any]]:
    """List keys not revoked, in order of id, which is that of creation; at most ``fetch``."""
    return await session.all(_LIST_PAGE, {"council_": council, "after": after, "most": fetch})


async def revoke_api_key(session: Session, council: str, key_id: UUID, at: datetime) -> datetime | None:
    """Revoke a key and return its expiry; None when it is not there or was revoked before."""
    expires_at: datetime | None = await session.scalar(
        _REVOKE, {"council_": council, "id_": key_id, "at": at}
    )
    return expires_at


async def get_kid(session: ReadSession, council: str, key_id: UUID) -> str | None:
    """Get the signing key of an API key, revoked or not; None when there never was one."""
    kid: str | None = await session.scalar(_GET_KID, {"council_": council, "id_": key_id})
    return kid
