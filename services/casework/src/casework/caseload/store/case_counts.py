"""Statements that count the queues of open cases."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Row, Select, Text, any_, bindparam, func, select

from casework.cases.tables import case_record
from chassis.database import ReadSession

_CASE = case_record.c
_ROLES = bindparam("roles", type_=ARRAY(Text))
_OPEN = (
    _CASE.council == bindparam("council"),
    _CASE.mode == bindparam("mode"),
    _CASE.closed_at.is_(None),
    _CASE.restricted.is_(None) | (_CASE.restricted == any_(_ROLES)),
)


def _count(*conditions: ColumnElement[bool]) -> Any:
    """Count cases, as far as ``most``: a count of all grows with the queue."""
    some: Select[Any] = select(_CASE.id).where(*_OPEN, *conditions).limit(bindparam("most"))
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


_COUNTS = select(
    _count(_CASE.assignee == bindparam("subject")).label("mine"),
    _count(_CASE.assignee.is_(None)).label("unassigned"),
    _count(_CASE.queued_at <= bindparam("now", type_=_CASE.queued_at.type)).label("overdue"),
    _count().label("all"),
)


async def count_queues(
    session: ReadSession,
    council: str,
    mode: str,
    *,
    subject: str,
    roles: Collection[str],
    now: datetime,
    most: int,
) -> Row[Any]:
    """Count what is open: a person's, nobody's, overdue, and all; each at most ``most``."""
    params = {"council": council, "mode": mode, "subject": subject, "roles": list(roles)}
    row = await session.first(_COUNTS, {**params, "now": now, "most": most})
    if row is None:
        raise LookupError("a select without a table has one row")
    return row
