"""Read and change authenticator apps."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.factors.tables import authenticator

_OF_ACCOUNT = authenticator.c.account == bindparam("account_")
_GET = select(authenticator).where(_OF_ACCOUNT)
_INSERT = upsert(authenticator)
_CREATE = _INSERT.on_conflict_do_update(
    index_elements=["account"],
    set_={c: _INSERT.excluded[c] for c in ("sealed", "last_step", "created_at")},
    where=authenticator.c.confirmed_at.is_(None),
)
_CONFIRM = (
    update(authenticator)
    .where(_OF_ACCOUNT, authenticator.c.confirmed_at.is_(None))
    .values(confirmed_at=bindparam("at"), last_step=bindparam("step"))
)
_USE_STEP = (
    update(authenticator)
    .where(
        _OF_ACCOUNT, authenticator.c.confirmed_at.is_not(None), authenticator.c.last_step < bindparam("step")
    )
    .values(last_step=bindparam("step"))
)
_DELETE = delete(authenticator).where(_OF_ACCOUNT)


async def get(session: ReadSession, account_id: UUID) -> Row[Any] | None:
    """Get the app of an account: ``sealed``, ``last_step``, ``confirmed_at`` (null before set-up ends)."""
    return await session.first(_GET, {"account_": account_id})


async def create(session: Session, account_id: UUID, sealed: bytes, at: datetime) -> None:
    """Create an unconfirmed app; change nothing when the account has a confirmed one."""
    values = {"account": account_id, "sealed": sealed, "last_step": 0, "created_at": at}
    await session.execute(_CREATE, {**values, "confirmed_at": None})


async def confirm(session: Session, account_id: UUID, step: int, at: datetime) -> bool:
    """Confirm an app; return false when none waits for it."""
    return await session.execute(_CONFIRM, {"account_": account_id, "step": step, "at": at}) == 1


async def use_step(session: Session, account_id: UUID, step: int) -> bool:
    """Use up a time step; return false when it or a later one was used before."""
    return await session.execute(_USE_STEP, {"account_": account_id, "step": step}) == 1


async def delete_app(session: Session, account_id: UUID) -> bool:
    """Delete the app of an account; return false when it has none."""
    return await session.execute(_DELETE, {"account_": account_id}) == 1
