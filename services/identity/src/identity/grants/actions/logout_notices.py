"""Enqueue that a client is to be told that a session has ended (OpenID Connect Back-Channel Logout 1.0)."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row

from chassis.database import ReadSession, Session
from chassis.jobs import CallData, NewJob, enqueue_all
from identity.grants.store import logout_notices as store


class SendLogoutToken(CallData):
    """Send a logout token to the client of a grant, for the session that the grant was made in."""

    kind: ClassVar[str] = "identity.send_logout_token"
    grant: UUID


async def enqueue_notices(session: Session, browser_session: UUID, council: str | None) -> None:
    """Enqueue a logout token to every client with a logout URI that signed somebody in in this session.

    With ``council``, to its clients alone. The session sees every council.
    """
    rows = await store.list_clients(session, browser_session, council)
    await enqueue_all(session, [NewJob(SendLogoutToken(grant=row.id), row.council) for row in rows])


async def get_notice(session: ReadSession, council: str, grant: UUID) -> Row[Any] | None:
    """Get where a logout token goes and whom it names; None when the grant is gone."""
    return await store.get_notice(session, council, grant)
