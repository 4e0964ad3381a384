"""The queue of logout notices to clients (OpenID Connect Back-Channel Logout 1.0)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Session
from identity.grants.tables import logout_notice, token_grant

# The address is kept with the grant: a session ends where row-level security shows no council's parties.
_URI = token_grant.c.request["backchannel_logout_uri"].astext
_RS256 = func.bool_or(token_grant.c.request["id_token_alg"].astext == "RS256")
_AT = bindparam("council_", type_=token_grant.c.council.type)
_ADD = insert(logout_notice).from_select(
    ["id", "council", "client", "uri", "account", "session", "sector", "attempts", "due_at", "rs256"],
    select(
        func.gen_random_uuid(),
        token_grant.c.council,
        token_grant.c.client,
        func.max(_URI),
        token_grant.c.account,
        token_grant.c.session,
        token_grant.c.sector,
        literal_column("0"),
        bindparam("now", type_=token_grant.c.created_at.type),
        _RS256,
    )
    .where(token_grant.c.session == bindparam("session_"), _URI.is_not(None))
    .where(_AT.is_(None) | (token_grant.c.council == _AT))
    .group_by(
        token_grant.c.council,
        token_grant.c.client,
        token_grant.c.account,
        token_grant.c.session,
        token_grant.c.sector,
    ),
)
_LOCK_DUE = (
    select(logout_notice)
    .where(logout_notice.c.due_at <= bindparam("now", type_=logout_notice.c.due_at.type))
    .order_by(logout_notice.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_THIS = (logout_notice.c.council == bindparam("council_"), logout_notice.c.id == bindparam("id_"))
_DELETE = delete(logout_notice).where(*_THIS)
_POSTPONE = (
    update(logout_notice).where(*_THIS).values(attempts=logout_notice.c.attempts + 1, due_at=bindparam("due"))
)


async def add_notices(session: Session, browser_session: UUID, council: str | None, now: datetime) -> None:
    """Queue a notice to every client with a logout URI that signed somebody in in this session.

    With ``council``, to its clients alone.
    """
    await session.execute(_ADD, {"session_": browser_session, "council_": council, "now": now})


async def lock_due(session: Session, now: datetime, most: int) -> Sequence[Row[Any]]:
    """Lock the notices to send now; those another worker has locked are left out."""
    return await session.all(_LOCK_DUE, {"now": now, "most": most})


async def delete_notice(session: Session, council: str, notice: UUID) -> None:
    """Delete a notice."""
    await session.execute(_DELETE, {"council_": council, "id_": notice})


async def postpone(session: Session, council: str, notice: UUID, due: datetime) -> None:
    """Postpone a notice to a later attempt."""
    await session.execute(_POSTPONE, {"council_": council, "id_": notice, "due": due})
