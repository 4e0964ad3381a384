"""Who works on cases and tasks."""

from fastapi import APIRouter, Response

from casework.cases.actions import cases, reads
from casework.cases.routes.dependencies import CaseId, ChangeOfCase, Worker
from casework.cases.schemas import Assignment, Case, Name, TaskAssignment
from chassis.etags import ETAG, version_tag
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1", tags=["cases"])
_CHANGED = {200: ETAG, **document_problems(404, 412, 428)}


@router.patch("/cases/{case_id}", responses=_CHANGED | document_problems(409))
async def assign_case(
    council: Slug,
    case_id: CaseId,
    body: Assignment,
    caller: Worker,
    change: ChangeOfCase,
    response: Response,
) -> Case:
    """Give a case to a team or a person."""
    values = body.model_dump(exclude_unset=True)
    await cases.assign_case(change.session, council, caller, case_id, change.precondition, values)
    case = await reads.get_case(change.session, council, caller, case_id)
    response.headers.update(version_tag(case.version))
    return case


@router.put("/cases/{case_id}/tasks/{task}/assignee", responses=_CHANGED)
async def assign_task(
    council: Slug,
    case_id: CaseId,
    task: Name,
    body: TaskAssignment,
    caller: Worker,
    change: ChangeOfCase,
    response: Response,
) -> Case:
    """Give an open task of a case to a person."""
    session = change.session
    await cases.assign_task(session, council, caller, case_id, change.precondition, task, body.assignee)
    case = await reads.get_case(session, council, caller, case_id)
    response.headers.update(version_tag(case.version))
    return case
