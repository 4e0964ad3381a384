"""SQL statements of payment links."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, insert, select, update

from chassis.database import ReadSession, Session
from payments.links.tables import payment_link

_SELECT = select(payment_link).where(payment_link.c.council == bindparam("council"))
_FIND = _SELECT.where(payment_link.c.id == bindparam("link_id"))
_LOCK = _FIND.with_for_update()
_OF_ACCOUNT = _SELECT.where(payment_link.c.account == bindparam("account")).order_by(payment_link.c.id)
_AFTER = _OF_ACCOUNT.where(payment_link.c.id > bindparam("after"))
_COUNT = select(func.count()).where(
    payment_link.c.council == bindparam("council"), payment_link.c.account == bindparam("account")
)
_INSERT = insert(payment_link)


async def find_link(session: ReadSession, council: str, link_id: UUID) -> Row[Any] | None:
    """Find a link."""
    return await session.first(_FIND, {"council": council, "link_id": link_id})


async def lock_link(session: Session, council: str, link_id: UUID) -> Row[Any] | None:
    """Lock a link until the transaction ends."""
    return await session.first(_LOCK, {"council": council, "link_id": link_id})


async def list_links(
    session: ReadSession, council: str, account: UUID, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List an account's links in the order in which they were made."""
    params = {"council": council, "account": account}
    if after is None:
        return await session.all(_OF_ACCOUNT.limit(fetch), params)
    return await session.all(_AFTER.limit(fetch), {**params, "after": after})


async def count_links(session: ReadSession, council: str, account: UUID) -> int:
    """Count an account's links."""
    return int(await session.scalar(_COUNT, {"council": council, "account": account}))


async def insert_link(session: Session, row: Mapping[str, Any]) -> None:
    """Write a link."""
    await session.execute(_INSERT, row)


async def update_link(session: Session, council: str, link_id: UUID, values: Mapping[str, Any]) -> None:
    """Change a locked link."""
    statement = update(payment_link).where(payment_link.c.council == council, payment_link.c.id == link_id)
    await session.execute(statement.values(**values))
