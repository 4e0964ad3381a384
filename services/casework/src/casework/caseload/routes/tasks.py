"""The queue of open tasks."""

from typing import Annotated

from fastapi import APIRouter, Query

from casework.caseload.actions import queue
from casework.caseload.schemas import QueuedTask
from casework.cases.routes.dependencies import Reader
from casework.cases.schemas import Name, Subject
from chassis import ids
from chassis.database import Reading
from chassis.pages import Page, Paging
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1/tasks", tags=["cases"])


@router.get("")
async def list_tasks(
    council: Slug,
    caller: Reader,
    session: Reading,
    paging: Paging,
    role: Annotated[Name | None, Query(description="The role that does them")] = None,
    team: Annotated[Name | None, Query(description="The team that has their case")] = None,
    assignee: Annotated[Subject | None, Query(description="The `sub` of who does them")] = None,
) -> Page[QueuedTask]:
    """List open tasks, the first opened first. A list holds nothing of a person."""
    start = paging.start(str, str)
    after = None if start is None else (paging.read_moment(start[0]), paging.read_id(start[1]))
    filters = {"role": role, "assignee": assignee, "team": team}
    equal = {name: value for name, value in filters.items() if value is not None}
    rows = await queue.list_queue(session, council, caller, equal, after, paging.fetch)
    return paging.page(list(rows), queue.show, lambda row: (row.opened_at.isoformat(), ids.show(row.id)))
