"""The history of accounts."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, update

from chassis.database import ReadSession, Session
from identity.grants.tables import account_history

_ADD = insert(account_history)
_OF_ACCOUNT = account_history.c.account == bindparam("account_")
_LIST_PAGE = (
    select(account_history)
    .where(_OF_ACCOUNT, account_history.c.id < bindparam("before", type_=account_history.c.id.type))
    .order_by(account_history.c.id.desc())
    .limit(bindparam("most"))
)
_ANONYMISE = update(account_history).where(_OF_ACCOUNT).values(device="", about="")


async def add(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_ADD, dict(values))


async def list_page(session: ReadSession, account: UUID, before: UUID, fetch: int) -> Sequence[Row[Any]]:
    """List events of an account, the newest first; at most ``fetch``."""
    return await session.all(_LIST_PAGE, {"account_": account, "before": before, "most": fetch})


async def anonymise(session: Session, account: UUID) -> None:
    """Delete on which device and at which service events happened."""
    await session.execute(_ANONYMISE, {"account_": account})
