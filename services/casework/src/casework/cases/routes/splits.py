"""A part of a case becomes a case of its own."""

from fastapi import APIRouter, Response

from casework.cases.actions import cases, reads
from casework.cases.routes.dependencies import CaseId, ChangeOfCase, Worker
from casework.cases.schemas import Case, Name, NewSplit
from casework.model.rules.acts import Act, ActKind, Actor
from chassis import clock
from chassis.etags import ETAG, version_tag
from chassis.idempotency import OnlyOnce
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1/cases", tags=["cases"])


@router.post(
    "/{case_id}/splits/{split}",
    response_model=Case,
    responses={200: ETAG, **document_problems(404, 409, 412, 422, 428)},
)
async def split_case(
    council: Slug,
    case_id: CaseId,
    split: Name,
    body: NewSplit,
    caller: Worker,
    change: ChangeOfCase,
    once: OnlyOnce,
) -> Response:
    """Open a case of a part of this one, linked to it, with the fields that you choose.

    Its clocks start now, but a clock of law that runs here starts there when it started here.
    """
    act = Act(
        kind=ActKind.SPLIT,
        id=split,
        at=clock.now(),
        by=Actor("", frozenset()),
        effective=body.effective_at,
        chosen=None if body.fields is None else frozenset(body.fields),
    )

    async def work() -> Case:
        await cases.act_on_case(change.session, council, caller, case_id, change.precondition, act)
        return await reads.get_case(change.session, council, caller, case_id)

    return await once.run(
        change.session, caller, body, work, status=200, headers=lambda case: version_tag(case.version)
    )
