"""Read which clients are told that a session has ended (OpenID Connect Back-Channel Logout 1.0)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select
from sqlalchemy.dialects.postgresql import distinct_on

from chassis.database import ReadSession, Session
from identity.grants.tables import token_grant

# The address is kept with the grant: a session ends where row-level security shows no council's parties.
_URI = token_grant.c.request["backchannel_logout_uri"].astext
_COUNCIL = bindparam("council_", type_=token_grant.c.council.type)
_RECIPIENT = (token_grant.c.council, token_grant.c.client, token_grant.c.account, token_grant.c.sector)
_LIST_CLIENTS = (
    select(token_grant.c.council, token_grant.c.id)
    .ext(distinct_on(*_RECIPIENT))  # the last grant of each
    .where(token_grant.c.session == bindparam("session_"), _URI.is_not(None))
    .where(_COUNCIL.is_(None) | (token_grant.c.council == _COUNCIL))
    .order_by(*_RECIPIENT, token_grant.c.created_at.desc(), token_grant.c.id)
)
_GET_NOTICE = select(
    token_grant.c.client,
    token_grant.c.account,
    token_grant.c.session,
    token_grant.c.sector,
    _URI.label("uri"),
    token_grant.c.request["id_token_alg"].astext.label("algorithm"),
).where(token_grant.c.council == bindparam("council_"), token_grant.c.id == bindparam("id_"))


async def list_clients(session: Session, browser_session: UUID, council: str | None) -> Sequence[Row[Any]]:
    """List a grant, as ``council`` and ``id``, for each client that is told of a session's end."""
    return await session.all(_LIST_CLIENTS, {"session_": browser_session, "council_": council})


async def get_notice(session: ReadSession, council: str, grant: UUID) -> Row[Any] | None:
    """Get the client of a grant, its logout URI and algorithm, and whom it knows by this session."""
    return await session.first(_GET_NOTICE, {"council_": council, "id_": grant})
