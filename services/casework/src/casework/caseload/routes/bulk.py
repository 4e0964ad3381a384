"""One action on many cases, or one person for them."""

from fastapi import APIRouter, Response

from casework.caseload.actions import bulk
from casework.caseload.schemas import BulkAct, BulkAssignment, BulkResult
from casework.cases.routes.dependencies import Worker
from casework.cases.schemas import Name
from casework.model.rules.acts import Act, ActKind, Actor
from chassis import clock
from chassis.database import Writing
from chassis.idempotency import OnlyOnce
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1/cases", tags=["cases"])


@router.post("/bulk/{action}", response_model=BulkResult, responses=document_problems(422))
async def act_on_cases(
    council: Slug, action: Name, body: BulkAct, caller: Worker, session: Writing, once: OnlyOnce
) -> Response:
    """Do an action on up to 100 cases. Each is for itself: one that is refused stops no other."""
    act = Act(
        kind=ActKind.ACTION,
        id=action,
        at=clock.now(),
        by=Actor("", frozenset()),
        effective=body.effective_at,
        fields=body.fields,
        result=body.result or "",
    )

    async def work() -> BulkResult:
        return await bulk.act_on_cases(session, council, caller, body.cases, act)

    return await once.run(session, caller, body, work, status=200)


@router.post("/bulk-assignment", response_model=BulkResult, responses=document_problems(422))
async def assign_cases(
    council: Slug, body: BulkAssignment, caller: Worker, session: Writing, once: OnlyOnce
) -> Response:
    """Give up to 100 cases to a team or a person. Each is for itself: one that is refused stops no other."""
    values = body.model_dump(exclude_unset=True, exclude={"cases"})

    async def work() -> BulkResult:
        return await bulk.assign_cases(session, council, caller, body.cases, values)

    return await once.run(session, caller, body, work, status=200)
