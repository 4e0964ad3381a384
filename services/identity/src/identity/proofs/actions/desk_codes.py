"""Desk codes: a person shows one at a council's desk, so that staff know which account is theirs."""

from datetime import datetime
from uuid import UUID

from chassis import clock
from chassis.database import Session
from identity.proofs import rules, store


async def create_desk_code(session: Session, account: UUID) -> tuple[str, datetime]:
    """Create a code for the person to show at a desk, with its expiry; the one before is void."""
    code, expires_at = rules.create_desk_code(), _now() + rules.DESK_CODE_LIFETIME
    await store.put_desk_code(session, account, rules.hash_desk_code(code), expires_at)
    return code, expires_at


async def use_desk_code(session: Session, code: str) -> UUID | None:
    """Spend a desk code, and get the account it was made for; None for an unknown code."""
    return await store.use_desk_code(session, rules.hash_desk_code(code), _now())


async def purge_desk_codes(session: Session, most: int) -> int:
    """Delete a batch of desk codes that have expired."""
    return await store.purge_desk_codes(session, _now(), most)


def _now() -> datetime:
    return clock.now()
