"""The SQL of public keys that clients publish at a ``jwks_uri``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import ReadSession, Session
from identity.clients.tables import client, jwks_reading, relying_party

_CLAIM_REFRESH = text("""
    INSERT INTO jwks_reading AS reading (council, client, tried_at)
    SELECT council, client, :now FROM relying_party
    WHERE council = :council AND client = :id AND jwks_uri IS NOT NULL
    ON CONFLICT (council, client) DO UPDATE SET tried_at = excluded.tried_at
    WHERE reading.tried_at <= :before
    RETURNING (SELECT jwks_uri FROM relying_party WHERE council = :council AND client = :id)""")
_LOCK_KEYS = (
    select(client.c.jwks, relying_party.c.jwks_uri)
    .join(
        relying_party, (relying_party.c.council == client.c.council) & (relying_party.c.client == client.c.id)
    )
    .where(
        client.c.council == bindparam("council_"),
        client.c.id == bindparam("id_"),
        client.c.revoked_at.is_(None),
    )
    .with_for_update()
)
_UPDATE_KEYS = (
    update(client)
    .where(client.c.council == bindparam("council_"), client.c.id == bindparam("id_"))
    .values(jwks=bindparam("jwks", type_=client.c.jwks.type))
)
_RECORD_READING = insert(jwks_reading)
_RECORD_READING = _RECORD_READING.on_conflict_do_update(
    index_elements=["council", "client"],
    set_={"tried_at": _RECORD_READING.excluded.tried_at, "read_at": _RECORD_READING.excluded.read_at},
)
_LIST_DUE = (
    select(client.c.council, client.c.id)
    .join(
        relying_party, (relying_party.c.council == client.c.council) & (relying_party.c.client == client.c.id)
    )
    .outerjoin(
        jwks_reading, (jwks_reading.c.council == client.c.council) & (jwks_reading.c.client == client.c.id)
    )
    .where(
        client.c.revoked_at.is_(None),
        relying_party.c.jwks_uri.is_not(None),
        or_(jwks_reading.c.tried_at.is_(None), jwks_reading.c.tried_at <= bindparam("before")),
    )
    .order_by(jwks_reading.c.tried_at.nulls_first())
    .limit(bindparam("most"))
)


async def claim_refresh(
    session: Session, council: str, client_id: UUID, now: datetime, before: datetime
) -> str | None:
    """Claim a refresh: the jwks_uri to read now; None when it was tried after ``before``, by any process."""
    values = {"council": council, "id": client_id, "now": now, "before": before}
    uri: str | None = await session.scalar(_CLAIM_REFRESH, values)
    return uri


async def lock_keys(session: Session, council: str, client_id: UUID) -> Row[Any] | None:
    """Lock the client's keys and jwks_uri until the transaction ends."""
    return await session.first(_LOCK_KEYS, {"council_": council, "id_": client_id})


async def update_keys(session: Session, council: str, client_id: UUID, jwks: Sequence[Any]) -> None:
    """Update the client's keys; a notice tells every process."""
    await session.execute(_UPDATE_KEYS, {"council_": council, "id_": client_id, "jwks": list(jwks)})


async def record_reading(session: Session, council: str, client_id: UUID, now: datetime) -> None:
    """Record that the jwks_uri has answered."""
    await session.execute(
        _RECORD_READING, {"council": council, "client": client_id, "tried_at": now, "read_at": now}
    )


async def list_due(session: ReadSession, before: datetime, most: int) -> Sequence[Row[Any]]:
    """List clients whose jwks_uri was not tried since ``before``; the session sees across councils."""
    return await session.all(_LIST_DUE, {"before": before, "most": most})
