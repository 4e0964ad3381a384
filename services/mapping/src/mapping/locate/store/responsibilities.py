"""Statements of responsibility rules."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from chassis.database import ReadSession, Session
from mapping.locate.tables import responsibility_rule

_RULE = responsibility_rule.c
_ONE = (_RULE.council == bindparam("of_council"), _RULE.id == bindparam("of_id"))
_GET = select(responsibility_rule).where(*_ONE)
_LOCK = _GET.with_for_update()
_PAGE = (
    select(responsibility_rule)
    .where(_RULE.council == bindparam("council"), _RULE.id > bindparam("after"))
    .order_by(_RULE.id)
    .limit(bindparam("most"))
)
_COUNT = select(func.count()).where(_RULE.council == bindparam("council"))
_INSERT = insert(responsibility_rule)
_UPDATE = update(responsibility_rule).where(*_ONE)
_DELETE = delete(responsibility_rule).where(*_ONE)


async def get_rule(session: ReadSession, council: str, rule: UUID) -> Row[Any] | None:
    """Get a rule."""
    return await session.first(_GET, {"of_council": council, "of_id": rule})


async def lock_rule(session: Session, council: str, rule: UUID) -> Row[Any] | None:
    """Get a rule, locked until the transaction ends."""
    return await session.first(_LOCK, {"of_council": council, "of_id": rule})


async def list_rules(session: ReadSession, council: str, after: UUID, most: int) -> Sequence[Row[Any]]:
    """List rules after an id, in the order in which they were created."""
    return await session.all(_PAGE, {"council": council, "after": after, "most": most})


async def count_rules(session: ReadSession, council: str) -> int:
    """Count a council's rules."""
    return int(await session.scalar(_COUNT, {"council": council}))


async def insert_rule(session: Session, row: Mapping[str, Any]) -> None:
    """Insert a rule."""
    await session.execute(_INSERT, dict(row))


async def update_rule(session: Session, council: str, rule: UUID, values: Mapping[str, Any]) -> None:
    """Change a rule's columns; its version grows by one."""
    statement = _UPDATE.values(**values, version=_RULE.version + 1, updated_at=func.now())
    await session.execute(statement, {"of_council": council, "of_id": rule})


async def delete_rule(session: Session, council: str, rule: UUID) -> None:
    """Delete a rule."""
    await session.execute(_DELETE, {"of_council": council, "of_id": rule})
