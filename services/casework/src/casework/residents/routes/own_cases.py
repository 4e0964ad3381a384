"""A person's own cases, by their own token or by that of who acts for them."""

from typing import Any

from fastapi import APIRouter, Response

from casework.cases.actions.subjects import Contact
from casework.cases.routes.dependencies import ChangeOfCase
from casework.cases.schemas import ContactDetails, Name
from casework.model.rules.acts import Act, ActKind, Actor
from casework.residents.actions import acts, own_cases, views
from casework.residents.routes.dependencies import (
    CHANGED,
    VARY,
    Language,
    Person,
    Reference,
    TheLimits,
)
from casework.residents.schemas import NewMessage, NewOwnCase, OwnAct, OwnCase, OwnCaseSummary
from chassis import clock, ids
from chassis.database import Reading, Writing
from chassis.etags import ETAG, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1/own-cases", tags=["own cases"])
_NOBODY = Actor("", frozenset())
_CHANGED: dict[int | str, Any] = {200: ETAG, **CHANGED}


@router.get("", responses=document_problems(403))
async def list_own_cases(
    council: Slug,
    caller: Person,
    session: Reading,
    paging: Paging,
    language: Language,
    response: Response,
) -> Page[OwnCaseSummary]:
    """List your cases, the last opened first. Who acts for you sees those of their mandate's theme."""
    response.headers.update(VARY)
    rows, types = await own_cases.list_own_cases(session, council, caller, paging.start_id(), paging.fetch)
    return paging.page(
        list(rows), lambda row: views.summarise(row, types, language), lambda row: (ids.show(row.id),)
    )


@router.post(
    "",
    status_code=201,
    response_model=OwnCase,
    responses={201: ETAG, **document_problems(403, 404, 409, 422)},
)
async def open_own_case(
    council: Slug, body: NewOwnCase, caller: Person, session: Writing, language: Language, once: OnlyOnce
) -> Response:
    """Open a case about yourself, or for whom you act. If it may not be, 409 says why in both languages."""

    async def work() -> OwnCase:
        reference = await acts.open_own_case(session, council, caller, body)
        return await views.get_own_case(session, council, caller, reference, language)

    def locate(case: OwnCase) -> dict[str, str]:
        location = f"/{council}/casework/v1/own-cases/{case.reference}"
        return {**version_tag(case.version), **VARY, "Location": location}

    return await once.run(session, caller, body, work, headers=locate)


@router.get("/{reference}", responses={200: ETAG, **document_problems(403, 404)})
async def get_own_case(
    council: Slug,
    reference: Reference,
    caller: Person,
    session: Reading,
    language: Language,
    response: Response,
) -> OwnCase:
    """Get a case of yours: where it stands, whose move it is and by when, and what you can do."""
    case = await views.get_own_case(session, council, caller, reference, language)
    response.headers.update({**version_tag(case.version), **VARY})
    return case


def _tag(case: OwnCase) -> dict[str, str]:
    return {**version_tag(case.version), **VARY}


@router.post("/{reference}/actions/{action}", response_model=OwnCase, responses=_CHANGED)
async def act_on_own_case(
    council: Slug,
    reference: Reference,
    action: Name,
    body: OwnAct,
    caller: Person,
    change: ChangeOfCase,
    language: Language,
    once: OnlyOnce,
) -> Response:
    """Do one of the case's `actions`. If it may not be, 409 says why, in both languages."""
    act = Act(ActKind.ACTION, action, clock.now(), _NOBODY, fields=body.fields, result=body.result or "")

    async def work() -> OwnCase:
        await acts.act_on_own_case(change.session, council, caller, reference, change.precondition, act)
        return await views.get_own_case(change.session, council, caller, reference, language)

    return await once.run(change.session, caller, body, work, status=200, headers=_tag)


@router.post(
    "/{reference}/messages",
    status_code=201,
    response_model=OwnCase,
    responses=document_problems(403, 404, 422),
)
async def send_message(
    council: Slug,
    reference: Reference,
    body: NewMessage,
    caller: Person,
    session: Writing,
    language: Language,
    limits: TheLimits,
    once: OnlyOnce,
) -> Response:
    """Write to the council about a case. Staff read it with the case, and their answer is in `messages`."""
    limits.take_message(council, caller.subject)

    async def work() -> OwnCase:
        await acts.send_message(session, council, caller, reference, body.text)
        return await views.get_own_case(session, council, caller, reference, language)

    return await once.run(session, caller, body, work, headers=_tag)


@router.put("/{reference}/contact", responses=_CHANGED)
async def correct_own_contact(
    council: Slug,
    reference: Reference,
    body: ContactDetails,
    caller: Person,
    change: ChangeOfCase,
    language: Language,
    response: Response,
) -> OwnCase:
    """Correct how you are reached about a case, and in which language."""
    session, contact = change.session, Contact(**body.model_dump())
    await acts.correct_own_contact(session, council, caller, reference, change.precondition, contact)
    case = await views.get_own_case(session, council, caller, reference, language)
    response.headers.update(_tag(case))
    return case
