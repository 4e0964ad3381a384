"""What happened to accounts, for the people who have them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, update

from chassis.database import ReadSession, Session
from identity.grants.tables import account_history

_RECORD = insert(account_history)
_MINE = account_history.c.account == bindparam("account_")
_PAGE = (
    select(account_history)
    .where(_MINE, account_history.c.id < bindparam("before", type_=account_history.c.id.type))
    .order_by(account_history.c.id.desc())
    .limit(bindparam("most"))
)
_FORGET = update(account_history).where(_MINE).values(device="", about="")


async def record(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_RECORD, dict(values))


async def page(session: ReadSession, account: UUID, before: UUID, fetch: int) -> Sequence[Row[Any]]:
    """What happened to an account, the newest first; at most ``fetch``."""
    return await session.all(_PAGE, {"account_": account, "before": before, "most": fetch})


async def forget(session: Session, account: UUID) -> None:
    """Keep the bare facts: not on which device and at which service."""
    await session.execute(_FORGET, {"account_": account})
