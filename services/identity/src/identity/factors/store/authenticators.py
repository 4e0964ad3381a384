"""What people prove themselves with: codes, passwords, authenticator apps, recovery codes; and how often."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.factors.tables import authenticator, recovery_code

_MINE = authenticator.c.account == bindparam("account_")
_AUTHENTICATOR = select(authenticator).where(_MINE)
_ADD = upsert(authenticator)
_ADD_AUTHENTICATOR = _ADD.on_conflict_do_update(
    index_elements=["account"],
    set_={c: _ADD.excluded[c] for c in ("sealed", "last_step", "created_at")},
    where=authenticator.c.confirmed_at.is_(None),
)
_CONFIRM = (
    update(authenticator)
    .where(_MINE, authenticator.c.confirmed_at.is_(None))
    .values(confirmed_at=bindparam("at"), last_step=bindparam("step"))
)
_TAKE_STEP = (
    update(authenticator)
    .where(_MINE, authenticator.c.confirmed_at.is_not(None), authenticator.c.last_step < bindparam("step"))
    .values(last_step=bindparam("step"))
)
_DROP_AUTHENTICATOR = delete(authenticator).where(_MINE)

_OF_ACCOUNT = recovery_code.c.account == bindparam("account_")
_DROP_RECOVERY = delete(recovery_code).where(_OF_ACCOUNT)
_ADD_RECOVERY = insert(recovery_code)
_LEFT = select(func.count()).select_from(recovery_code).where(_OF_ACCOUNT, recovery_code.c.used_at.is_(None))
_USE_RECOVERY = (
    update(recovery_code)
    .where(_OF_ACCOUNT, recovery_code.c.hash == bindparam("hash_"), recovery_code.c.used_at.is_(None))
    .values(used_at=bindparam("at"))
)


async def authenticator_of(session: ReadSession, account_id: UUID) -> Row[Any] | None:
    return await session.first(_AUTHENTICATOR, {"account_": account_id})


async def add_authenticator(session: Session, account_id: UUID, sealed: bytes, at: datetime) -> None:
    """Begin one; nothing happens when there is a confirmed one."""
    values = {"account": account_id, "sealed": sealed, "last_step": 0, "created_at": at}
    await session.execute(_ADD_AUTHENTICATOR, {**values, "confirmed_at": None})


async def confirm_authenticator(session: Session, account_id: UUID, step: int, at: datetime) -> bool:
    return await session.execute(_CONFIRM, {"account_": account_id, "step": step, "at": at}) == 1


async def take_step(session: Session, account_id: UUID, step: int) -> bool:
    """Whether no code of this step or a later one was taken before."""
    return await session.execute(_TAKE_STEP, {"account_": account_id, "step": step}) == 1


async def drop_recovery(session: Session, account_id: UUID) -> None:
    await session.execute(_DROP_RECOVERY, {"account_": account_id})


async def drop_authenticator(session: Session, account_id: UUID) -> bool:
    return await session.execute(_DROP_AUTHENTICATOR, {"account_": account_id}) == 1


async def replace_recovery(session: Session, account_id: UUID, hashes: Sequence[bytes]) -> None:
    """These take the place of those there were."""
    await session.execute(_DROP_RECOVERY, {"account_": account_id})
    await session.execute(
        _ADD_RECOVERY, [{"account": account_id, "hash": one, "used_at": None} for one in hashes]
    )


async def recovery_left(session: ReadSession, account_id: UUID) -> int:
    return int(await session.scalar(_LEFT, {"account_": account_id}))


async def use_recovery(session: Session, account_id: UUID, hashed: bytes, at: datetime) -> bool:
    values = {"account_": account_id, "hash_": hashed, "at": at}
    return await session.execute(_USE_RECOVERY, values) == 1
