"""Statements of a case's tasks."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from casework.cases.tables import case_task
from chassis.database import Session

_TASK = case_task.c
_UPSERT = upsert(case_task)
_SAVED = (_TASK.id, _TASK.version, _TASK.role)
_SAVE = _UPSERT.on_conflict_do_update(
    index_elements=["council", "case_id", "task"],
    set_={
        **{name: _UPSERT.excluded[name] for name in ("status", "outcome", "opened_at", "closed_at")},
        "version": _TASK.version + 1,
    },
).returning(*_SAVED)
_SAVE_CLOSED = _UPSERT.on_conflict_do_update(
    index_elements=["council", "case_id", "task"],
    set_={
        **{name: _UPSERT.excluded[name] for name in ("status", "outcome", "closed_at")},
        "version": _TASK.version + 1,
    },
).returning(*_SAVED)
_FIND_OPEN = select(_TASK.assignee).where(
    _TASK.council == bindparam("council"),
    _TASK.case_id == bindparam("case_id"),
    _TASK.task == bindparam("task"),
    _TASK.status == "open",
)
_ASSIGN = (
    update(case_task)
    .where(
        _TASK.council == bindparam("council_"),
        _TASK.case_id == bindparam("case_id_"),
        _TASK.task == bindparam("task_"),
        _TASK.status == "open",
    )
    .values(assignee=bindparam("assignee_"), version=_TASK.version + 1)
)


async def save_task(session: Session, row: Mapping[str, Any]) -> Row[Any]:
    """Write a task as it is now, and return its id, version and role."""
    statement = _SAVE if row["status"] == "open" else _SAVE_CLOSED
    [saved] = await session.all(statement, row)
    return saved


async def find_open_task(session: Session, council: str, case_id: UUID, task: str) -> Row[Any] | None:
    """Find who has an open task; None if there is none."""
    return await session.first(_FIND_OPEN, {"council": council, "case_id": case_id, "task": task})


async def assign_task(session: Session, council: str, case_id: UUID, task: str, assignee: str | None) -> None:
    """Give an open task of a locked case to a person, or to nobody."""
    params = {"council_": council, "case_id_": case_id, "task_": task, "assignee_": assignee}
    await session.execute(_ASSIGN, params)
