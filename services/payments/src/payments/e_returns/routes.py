"""E-returns, and their templates."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from chassis import ids
from chassis.database import Reading, Session, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.web.sign_in import Staff
from payments.cash_office.actions import records
from payments.cash_office.routes.access import BASE, CounterStaff, TakingsKeeper
from payments.cash_office.schemas.values import Answer
from payments.e_returns.actions import authorisations, e_returns, templates
from payments.e_returns.rules import Status
from payments.e_returns.schemas import (
    EReturn,
    EReturnContent,
    EReturnSummary,
    NewEReturn,
    NewTemplate,
    Template,
    TemplateChange,
)
from payments.e_returns.tables import e_return as table
from payments.e_returns.tables import e_return_template

router = APIRouter(prefix=BASE, tags=["e-returns"])
OfStatus = Annotated[Status | None, Query(description="Only those that are so")]
_TEMPLATE, _ONE = "/e-return-templates/{template}", "/e-returns/{e_return}"
_TAGGED: dict[int | str, dict[str, Any]] = {200: ETAG}


@router.post(
    "/e-return-templates", status_code=201, response_model=Template,
    responses={201: ETAG, **document_problems(404, 409)},
)  # fmt: skip
async def create_e_return_template(
    staff: TakingsKeeper, body: NewTemplate, session: Writing, once: OnlyOnce
) -> Response:
    """Add a template: what a service takes money for. You need `payments:finance`."""
    return await once.run(
        session,
        staff.caller,
        body,
        lambda: templates.create(session, staff, body),
        headers=lambda template: version_tag(template.version),
    )


@router.get("/e-return-templates")
async def list_e_return_templates(staff: CounterStaff, session: Reading, paging: Paging) -> Page[Template]:
    """List the templates, the newest first."""
    rows = await records.list_page(session, e_return_template, staff, paging.start_id(), paging.fetch)
    return paging.page(rows, templates.show, lambda row: (ids.show(row.id),))


@router.get(_TEMPLATE, responses={**_TAGGED, **document_problems(404)})
async def read_e_return_template(
    staff: CounterStaff, template: ids.Id, session: Reading, response: Response
) -> Template:
    """Get a template."""
    record = templates.show(await records.get(session, e_return_template, staff, template))
    response.headers.update(version_tag(record.version))
    return record


@router.patch(_TEMPLATE, responses={**_TAGGED, **document_problems(404, 412, 428)})
async def change_e_return_template(
    staff: TakingsKeeper,
    template: ids.Id,
    body: TemplateChange,
    session: Writing,
    response: Response,
    precondition: IfMatch,
) -> Template:
    """Change a template. What was posted by it stays."""
    changed = await templates.change(session, staff, template, precondition, body)
    response.headers.update(version_tag(changed.version))
    return changed


@router.post(
    "/e-returns", status_code=201, response_model=EReturn,
    responses={201: ETAG, **document_problems(404, 409, 422)},
)  # fmt: skip
async def draft_e_return(staff: CounterStaff, body: NewEReturn, session: Writing, once: OnlyOnce) -> Response:
    """Draw up what your service took and banked."""

    async def draft() -> EReturn:
        await e_returns.draft(session, staff, body)
        return await e_returns.read(session, staff, body.id)

    return await once.run(
        session, staff.caller, body, draft, headers=lambda record: version_tag(record.version)
    )


@router.get("/e-returns")
async def list_e_returns(
    staff: CounterStaff, session: Reading, paging: Paging, status: OfStatus = None
) -> Page[EReturnSummary]:
    """List e-returns, the newest first."""
    rows = await records.list_page(session, table, staff, paging.start_id(), paging.fetch, status=status)
    return paging.page(rows, e_returns.summarise, lambda row: (ids.show(row.id),))


@router.get(_ONE, responses={**_TAGGED, **document_problems(404)})
async def read_e_return(
    staff: CounterStaff, e_return: ids.Id, session: Reading, response: Response
) -> EReturn:
    """Get an e-return."""
    return await _show(session, staff, e_return, response)


@router.put(_ONE, responses={**_TAGGED, **document_problems(404, 409, 412, 422, 428)})
async def change_e_return(
    staff: CounterStaff,
    e_return: ids.Id,
    body: EReturnContent,
    session: Writing,
    response: Response,
    precondition: IfMatch,
) -> EReturn:
    """Change what a draft lists, or an e-return that was sent back to you."""
    await e_returns.change(session, staff, e_return, precondition, body)
    return await _show(session, staff, e_return, response)


@router.post(f"{_ONE}/submit", responses={**_TAGGED, **document_problems(404, 409)})
async def submit_e_return(
    staff: CounterStaff, e_return: ids.Id, session: Writing, response: Response
) -> EReturn:
    """Submit an e-return: somebody else authorises it."""
    await e_returns.submit(session, staff, e_return)
    return await _show(session, staff, e_return, response)


@router.post(f"{_ONE}/authorise", responses={**_TAGGED, **document_problems(404, 409, 412, 422, 428)})
async def authorise_e_return(
    staff: CounterStaff, e_return: ids.Id, session: Writing, response: Response, precondition: IfMatch
) -> EReturn:
    """Authorise an e-return of somebody else: it is posted. You also need `payments:approve`."""
    await authorisations.authorise(session, staff, e_return, precondition)
    return await _show(session, staff, e_return, response)


@router.post(f"{_ONE}/return", responses={**_TAGGED, **document_problems(404, 409)})
async def send_back_e_return(
    staff: CounterStaff, e_return: ids.Id, body: Answer, session: Writing, response: Response
) -> EReturn:
    """Send an e-return of somebody else back, and say why. You also need `payments:approve`."""
    await e_returns.send_back(session, staff, e_return, body.answer)
    return await _show(session, staff, e_return, response)


@router.post(f"{_ONE}/void", responses={**_TAGGED, **document_problems(404, 409)})
async def void_e_return(
    staff: CounterStaff, e_return: ids.Id, body: Answer, session: Writing, response: Response
) -> EReturn:
    """Void an e-return that is not authorised, and say why."""
    await e_returns.void(session, staff, e_return, body.answer)
    return await _show(session, staff, e_return, response)


async def _show(session: Session | Reading, staff: Staff, e_return: ids.Id, response: Response) -> EReturn:
    record = await e_returns.read(session, staff, e_return)
    response.headers.update(version_tag(record.version))
    return record
