"""Consents: what people agree that clients may know and do."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import ReadSession, Session
from identity.grants.tables import consent

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


async def get_consent(session: ReadSession, council: str, account: UUID, client: UUID) -> Row[Any] | None:
    """Get what the person agrees that the client may know and do; None for nothing."""
    return await session.first(_GET_CONSENT, {"council_": council, "account_": account, "client_": client})


async def list_consents(session: ReadSession, account: UUID, fetch: int) -> Sequence[Row[Any]]:
    """List all that a person agrees to; ``fetch`` at most."""
    return await session.all(_LIST_CONSENTS, {"account_": account, "most": fetch})


async def save_consent(session: Session, values: Mapping[str, Any]) -> None:
    """Save what a person agrees to, in place of what was before."""
    await session.execute(_SAVE_CONSENT, {**values, "revoked_at": None})


async def revoke_consent(session: Session, council: str, account: UUID, client: UUID, at: datetime) -> bool:
    """Revoke a consent; false when there was none in force."""
    values = {"council_": council, "account_": account, "client_": client, "at": at}
    return await session.execute(_REVOKE_CONSENT, values) == 1
