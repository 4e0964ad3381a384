"""The queue of open tasks, for who does them, and how many cases are open."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.caseload.schemas import QueuedTask
from casework.caseload.store import case_counts
from casework.caseload.store import queue as store
from casework.cases.actions import cases
from casework.shared.references import format_reference
from chassis import clock
from chassis.auth import Caller
from chassis.database import ReadSession


async def list_queue(
    session: ReadSession,
    council: str,
    caller: Caller,
    equal: Mapping[str, Any],
    after: tuple[datetime, UUID] | None,
    fetch: int,
) -> Sequence[Row[Any]]:
    """List open tasks as rows, for ``show``: two statements, however many there are."""
    roles = await cases.list_staff_roles(session, council, caller)
    queue = store.Queue(caller.mode, equal, roles)
    return await store.list_queue(session, council, queue, after, fetch)


def show(row: Row[Any]) -> QueuedTask:
    """Show a row of the queue."""
    return QueuedTask(
        id=row.id,
        case=row.case_id,
        reference=format_reference(row.reference),
        case_type=row.code,
        state=row.state,
        task=row.task,
        role=row.role,
        assignee=row.assignee,
        opened_at=row.opened_at,
        case_due_at=row.due_at,
    )


async def count_cases(session: ReadSession, council: str, caller: Caller, most: int) -> Row[Any]:
    """Count what is open: ``mine``, ``unassigned``, ``overdue`` and ``all``, each at most ``most``."""
    roles = await cases.list_staff_roles(session, council, caller)
    return await case_counts.count_queues(
        session, council, caller.mode, subject=caller.subject, roles=roles, now=clock.now(), most=most
    )
