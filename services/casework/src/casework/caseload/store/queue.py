"""Statements of the queue of open tasks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, tuple_

from casework.cases.tables import case_record, case_task
from chassis.database import ReadSession

_TASK, _CASE = case_task.c, case_record.c
_QUEUE = (
    select(
        *(_TASK.id, _TASK.case_id, _TASK.task, _TASK.role, _TASK.assignee, _TASK.opened_at, _TASK.version),
        *(_CASE.reference, _CASE.code, _CASE.state, _CASE.type_version, _CASE.due_at),
    )
    .join(case_record, (_CASE.council == _TASK.council) & (_CASE.id == _TASK.case_id))
    .where(_TASK.status == "open")
    .order_by(_TASK.opened_at, _TASK.id)
)


@dataclass(frozen=True, slots=True)
class Queue:
    """Whose open tasks a list shows. ``roles``: which restricted cases' too."""

    mode: str
    equal: Mapping[str, Any]  # column -> value
    roles: Collection[str]


async def list_queue(
    session: ReadSession, council: str, queue: Queue, after: tuple[datetime, UUID] | None, fetch: int
) -> Sequence[Row[Any]]:
    """List open tasks, the first opened first. ``after``: the moment and id of the last row before."""
    statement = _QUEUE.where(_TASK.council == council, _CASE.mode == queue.mode)
    statement = statement.where(_CASE.restricted.is_(None) | _CASE.restricted.in_(queue.roles))
    for name, value in queue.equal.items():
        statement = statement.where((_CASE if name == "team" else _TASK)[name] == value)
    if after is not None:
        statement = statement.where(tuple_(_TASK.opened_at, _TASK.id) > tuple_(*after))
    return await session.all(statement.limit(fetch))
