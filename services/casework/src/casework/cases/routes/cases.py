"""Cases: open, get, list, act, correct, assign; their history."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from casework.cases.actions import cases, reads
from casework.cases.actions.cases import Opening
from casework.cases.actions.subjects import Contact, Place
from casework.cases.routes.dependencies import CaseId, Change, ChangeOfCase, Reader, TheFilters, Worker
from casework.cases.schemas import (
    Case,
    CaseSummary,
    Correction,
    HistoryEntry,
    Name,
    NewAct,
    NewCase,
    TaskOutcome,
)
from casework.cases.store.records import find_by_reference
from casework.model.rules.acts import Act, ActKind, Actor
from casework.shared.references import read_reference
from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import Reading, Writing
from chassis.etags import ETAG, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1/cases", tags=["cases"])
_NOBODY = Actor("", frozenset())
_CHANGED: dict[int | str, Any] = {200: ETAG, **document_problems(404, 409, 412, 422, 428)}


@router.post(
    "", status_code=201, response_model=Case, responses={201: ETAG, **document_problems(404, 409, 422)}
)
async def open_case(
    council: Slug, body: NewCase, caller: Worker, session: Writing, once: OnlyOnce
) -> Response:
    """Open a case. With a `submission` that opened one before, you get that case."""
    opening = Opening(
        code=body.case_type,
        number=body.case_type_version,
        action=body.action,
        fields=body.fields,
        effective=body.effective_at,
        submission=body.submission,
        person=body.person,
        uprn=body.uprn,
        contact=None if body.contact is None else Contact(**body.contact.model_dump()),
        place=None if body.location is None else Place(**body.location.model_dump()),
    )

    async def work() -> Case:
        case_id = await cases.open_case(session, council, caller, opening)
        return await reads.get_case(session, council, caller, case_id)

    return await once.run(session, caller, body, work, headers=_locate(council))


def _locate(council: str) -> Any:
    def headers(case: Case) -> dict[str, str]:
        location = f"/{council}/casework/v1/cases/{ids.show(case.id)}"
        return {**version_tag(case.version), "Location": location}

    return headers


@router.get("")
async def list_cases(
    council: Slug, caller: Reader, session: Reading, paging: Paging, filters: TheFilters
) -> Page[CaseSummary]:
    """List open cases, the first due first. A list holds nothing of a person."""
    start = paging.start(str, str)
    after = None if start is None else (paging.read_moment(start[0]), paging.read_id(start[1]))
    rows = await reads.list_cases(session, council, caller, filters, after, paging.fetch)
    return paging.page(list(rows), reads.summarise, partial(reads.find_place, filters))


@router.get("/by-reference/{reference}", responses={200: ETAG, **document_problems(404)})
async def get_case_by_reference(
    council: Slug,
    reference: Annotated[str, Path(max_length=20, description="As people write it, such as HF7K-2P9Q-XBC")],
    caller: Reader,
    session: Writing,
    response: Response,
) -> Case:
    """Get a case by its reference. Spaces, hyphens and small letters do not matter."""
    exact = read_reference(reference)
    case_id = await find_by_reference(session, council, caller.mode, exact) if exact is not None else None
    if case_id is None:
        raise cases.not_found()
    return await get_case(council, case_id, caller, session, response)


@router.get("/{case_id}", responses={200: ETAG, **document_problems(404)})
async def get_case(
    council: Slug, case_id: CaseId, caller: Reader, session: Writing, response: Response
) -> Case:
    """Get a case, with the fields that you may read and the actions that its state has for you.

    If it has personal data and is not your own, an event says that you opened it, once an hour.
    """
    case = await reads.open_case(session, council, caller, case_id)
    response.headers.update(version_tag(case.version))
    return case


@router.get("/{case_id}/history", responses=document_problems(404))
async def list_history(
    council: Slug, case_id: CaseId, caller: Reader, session: Reading, paging: Paging
) -> Page[HistoryEntry]:
    """List what was done to a case, by whom, and which rules were weighed, from the beginning."""
    start = paging.start(int)
    after = 0 if start is None else start[0]
    rows = await reads.list_history(session, council, caller, case_id, after, paging.fetch)
    return paging.page(rows, lambda entry: entry, lambda entry: (entry.n,))


async def _act(change: Change, council: str, caller: Caller, case_id: ids.Id, act: Act) -> Case:
    session = change.session
    await cases.act_on_case(session, council, caller, case_id, change.precondition, act)
    return await reads.get_case(session, council, caller, case_id)


@router.post("/{case_id}/actions/{action}", response_model=Case, responses=_CHANGED)
async def act_on_case(
    council: Slug,
    case_id: CaseId,
    action: Name,
    body: NewAct,
    caller: Worker,
    change: ChangeOfCase,
    once: OnlyOnce,
) -> Response:
    """Do an action. If it may not be, 409 says which guards failed, in words."""
    act = Act(
        kind=ActKind.ACTION,
        id=action,
        at=clock.now(),
        by=_NOBODY,
        effective=body.effective_at,
        fields=body.fields,
        result=body.result or "",
    )

    async def work() -> Case:
        return await _act(change, council, caller, case_id, act)

    return await once.run(change.session, caller, body, work, status=200, headers=_tag)


def _tag(case: Case) -> dict[str, str]:
    return version_tag(case.version)


@router.post("/{case_id}/tasks/{task}", response_model=Case, responses=_CHANGED)
async def finish_task(
    council: Slug,
    case_id: CaseId,
    task: Name,
    body: TaskOutcome,
    caller: Worker,
    change: ChangeOfCase,
    once: OnlyOnce,
) -> Response:
    """Finish a task, with its outcome."""
    act = Act(
        kind=ActKind.TASK,
        id=task,
        at=clock.now(),
        by=_NOBODY,
        effective=body.effective_at,
        fields=body.fields,
        outcome=body.outcome or "",
    )

    async def work() -> Case:
        return await _act(change, council, caller, case_id, act)

    return await once.run(change.session, caller, body, work, status=200, headers=_tag)


@router.post("/{case_id}/actions/{action}/corrections", response_model=Case, responses=_CHANGED)
async def correct_action(
    council: Slug,
    case_id: CaseId,
    action: Name,
    body: Correction,
    caller: Worker,
    change: ChangeOfCase,
    once: OnlyOnce,
) -> Response:
    """Correct when an action truly happened: clocks move with it, and the history keeps both."""
    act = Act(kind=ActKind.CORRECTION, id=action, at=clock.now(), by=_NOBODY, effective=body.effective_at)

    async def work() -> Case:
        return await _act(change, council, caller, case_id, act)

    return await once.run(change.session, caller, body, work, status=200, headers=_tag)
