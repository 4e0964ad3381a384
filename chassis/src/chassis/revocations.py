"""Refuses credentials although their signature holds: the rows of ``revoked_token``."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, case, func, null
from sqlalchemy.dialects.postgresql import insert

from chassis import clock, tables
from chassis.batches import delete_batch
from chassis.database import Session

_STORED = tables.revoked_token.c
_INSERT = insert(tables.revoked_token)
_NEW = _INSERT.excluded
_UPSERT = _INSERT.on_conflict_do_update(  # the wider of the two refusals, in whichever order they come
    index_elements=["council", "id"],
    set_={
        "expires_at": func.greatest(_STORED.expires_at, _NEW.expires_at),
        "issued_before": case(
            (_STORED.issued_before.is_(None) | _NEW.issued_before.is_(None), null()),
            else_=func.greatest(_STORED.issued_before, _NEW.issued_before),
        ),
        "claim": case((_STORED.claim == _NEW.claim, _STORED.claim), else_=null()),
    },
)
_PURGE = delete_batch(tables.revoked_token, tables.revoked_token.c.expires_at < bindparam("now"))


async def revoke(
    session: Session,
    council: str,
    credential: str,
    expires_at: datetime,
    issued_before: datetime | None = None,
    claim: str | None = None,
) -> None:
    """Refuse a token (by its jti), or all tokens of a client, a subject or a mandate (by their ids).

    ``expires_at`` is when they would have expired anyway. With ``issued_before`` only tokens whose ``iat`` is
    not later than its second are refused.
    """
    await revoke_all(session, council, [credential], expires_at, issued_before, claim)


async def revoke_all(
    session: Session,
    council: str,
    credentials: Iterable[str],
    expires_at: datetime,
    issued_before: datetime | None = None,
    claim: str | None = None,
) -> None:
    """Refuse many credentials as ``revoke`` does, with one statement."""
    second = issued_before.replace(microsecond=0) if issued_before else None
    shared = {"council": council, "expires_at": expires_at, "issued_before": second, "claim": claim}
    # Sorted, so that two transactions which refuse some of the same credentials do not deadlock.
    rows = [{**shared, "id": credential} for credential in sorted(set(credentials))]
    if rows:
        await session.execute(_UPSERT, rows)


async def purge(session: Session, most: int) -> int:
    """Delete a batch of refusals of credentials that have expired."""
    return await session.execute(_PURGE, {"now": clock.now(), "most": most})
