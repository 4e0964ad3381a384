"""Workloads, and who is given a case."""

from typing import Any

from fastapi import APIRouter, Response

from casework.cases.actions import reads
from casework.cases.routes.dependencies import CaseId, ChangeOfCase, Reader, Worker
from casework.cases.schemas import Case
from casework.workloads.actions import assignment, counts
from casework.workloads.schemas import AssignmentByRule, CaseAreas, Workloads
from chassis.database import Reading
from chassis.etags import ETAG, version_tag
from chassis.idempotency import OnlyOnce
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1", tags=["teams"])
_CHANGED: dict[int | str, Any] = {200: ETAG, **document_problems(404, 409, 412, 422, 428)}


@router.get("/workloads")
async def count_work(council: Slug, caller: Reader, session: Reading) -> Workloads:
    """Count open cases by team and by person, those with most first."""
    return await counts.count_work(session, council, caller)


@router.post("/cases/{case_id}/assignment", response_model=Case, responses=_CHANGED)
async def assign_by_rule(
    council: Slug,
    case_id: CaseId,
    body: AssignmentByRule,
    caller: Worker,
    change: ChangeOfCase,
    once: OnlyOnce,
) -> Response:
    """Give a case to who of its team has the fewest open cases, has the role and is not away.

    Of several who have as few the next in turn is given it. Nobody is who did what another must follow.
    """
    session = change.session

    async def work() -> Case:
        await assignment.assign_by_rule(session, council, caller, case_id, change.precondition, body.role)
        return await reads.get_case(session, council, caller, case_id)

    return await once.run(
        session, caller, body, work, status=200, headers=lambda case: version_tag(case.version)
    )


@router.put("/cases/{case_id}/areas", responses={200: ETAG, **document_problems(404, 412, 428)})
async def locate_case(
    council: Slug, case_id: CaseId, body: CaseAreas, caller: Worker, change: ChangeOfCase, response: Response
) -> Case:
    """Say in which areas a case is: it goes to the team of the first that has one."""
    session = change.session
    await assignment.locate_case(session, council, caller, case_id, change.precondition, body.areas)
    case = await reads.get_case(session, council, caller, case_id)
    response.headers.update(version_tag(case.version))
    return case
