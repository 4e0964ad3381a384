"""The queues of the office: one's own work. Nothing of a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.case_types.actions.published import get_versions, list_published
from casework.caseload.actions import queue
from casework.cases.actions import reads
from casework.model.rules.case_type import CaseType
from casework.office.actions import people
from casework.shared.references import format_reference
from chassis.database import ReadSession
from chassis.web.sign_in import Staff

_MOST_TASKS = 100
_MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a queue, in words."""

    id: UUID
    reference: str
    type_name: str
    state_name: str
    team: str | None
    assignee: str | None  # their name
    opened_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class TaskLine:
    """An open task in a queue, in words."""

    case: UUID
    reference: str
    type_name: str
    task: str
    task_name: str
    due_at: datetime | None


@dataclass(slots=True)
class Selected:
    """Which cases a queue shows: column -> value."""

    equal: dict[str, Any] = field(default_factory=dict)
    is_mine: bool = False
    is_unassigned: bool = False
    is_overdue: bool = False
    is_refund_due: bool = False
    is_open: bool = True


async def list_cases(
    session: ReadSession,
    staff: Staff,
    selection: reads.Selection,
    after: tuple[datetime, UUID] | None,
    fetch: int,
) -> Sequence[Row[Any]]:
    """List cases as rows, for ``show_cases``."""
    return list(await reads.list_cases(session, staff.council, staff.caller, selection, after, fetch))


async def show_cases(session: ReadSession, staff: Staff, rows: Sequence[Row[Any]]) -> list[CaseLine]:
    """Show rows of cases in the words of their types."""
    types = await load_types(session, staff, rows)
    names = await people.find_names(session, staff, {row.assignee for row in rows if row.assignee})
    return [_show_case(row, types[row.type_version], names) for row in rows]


def _show_case(row: Row[Any], case_type: CaseType, names: Mapping[str, str]) -> CaseLine:
    return CaseLine(
        id=row.id,
        reference=format_reference(row.reference),
        type_name=case_type.name.en,
        state_name=case_type.states[row.state].staff.en,
        team=row.team,
        assignee=names.get(row.assignee),
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        due_at=row.due_at,
        version=row.version,
    )


async def list_own_tasks(session: ReadSession, staff: Staff) -> list[TaskLine]:
    """List the open tasks that a member of staff does, the first opened first."""
    equal = {"assignee": staff.subject}
    rows = await queue.list_queue(session, staff.council, staff.caller, equal, None, _MOST_TASKS)
    types = await load_types(session, staff, rows)
    return [_show_task(row, types[row.type_version]) for row in rows]


def _show_task(row: Row[Any], case_type: CaseType) -> TaskLine:
    task = case_type.tasks.get(row.task)  # None: the version that the case moved to has it no more
    return TaskLine(
        case=row.case_id,
        reference=format_reference(row.reference),
        type_name=case_type.name.en,
        task=row.task,
        task_name=task.name.en if task else row.task,
        due_at=row.due_at,
    )


async def load_types(session: ReadSession, staff: Staff, rows: Sequence[Row[Any]]) -> Mapping[UUID, CaseType]:
    """Load the types by which listed cases run, by their version."""
    bound = await get_versions(session, staff.council, {row.type_version for row in rows})
    return {version: each.case_type for version, each in bound.items()}


async def count_cases(session: ReadSession, staff: Staff) -> dict[str, str]:
    """Count the queues, in figures that people read: 1,000+ where there are more."""
    row = await queue.count_cases(session, staff.council, staff.caller, _MOST_COUNTED + 1)
    return {
        name: f"{count:,}" if count <= _MOST_COUNTED else f"{_MOST_COUNTED:,}+"
        for name, count in row._asdict().items()
    }


async def list_types(session: ReadSession, staff: Staff) -> list[CaseType]:
    """List the case types that new cases begin with, by name."""
    types = [version.bound.case_type for version in await list_published(session, staff.council)]
    return sorted(types, key=lambda case_type: case_type.name.en)


async def find_case(session: ReadSession, staff: Staff, reference: str) -> UUID | None:
    """Find the case of a reference, without separators."""
    return await reads.find_by_reference(session, staff.council, staff.caller, reference)
