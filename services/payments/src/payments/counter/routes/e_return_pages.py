"""The pages of e-returns: those that wait, and what becomes of them."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.database import Reading, ReadSession, Session
from chassis.pages import Paging
from chassis.problems import document_problems
from chassis.web import Form, SubmittedForm, form_body, see_other
from chassis.web.sign_in import Staff
from payments.cash_office.actions import records
from payments.cash_office.schemas.values import Answer
from payments.counter.routes.access import CounterStaff, build, perform, read, read_version
from payments.e_returns.actions import authorisations, e_returns, templates
from payments.e_returns.rules import Status
from payments.e_returns.tables import e_return as table
from payments.e_returns.tables import e_return_template
from payments.office.routes.access import PAGES, render
from payments.office.rules import labels
from payments.shared.schemas import MAX_NOTE
from payments.shared.scopes import APPROVE

router = APIRouter(prefix=f"{PAGES}/e-returns", tags=["counter pages"], default_response_class=HTMLResponse)
_ONE = "/{e_return}"
_PROBLEMS = document_problems(404, 409)


@router.get("")
async def show_e_returns(
    staff: CounterStaff,
    request: Request,
    session: Reading,
    paging: Paging,
    status: Annotated[Status, Query()] = Status.SUBMITTED,
) -> Response:
    """List the e-returns that wait for somebody to authorise them, or those of another status."""
    rows = await records.list_page(session, table, staff, paging.start_id(), paging.fetch, status=status)
    page = paging.page(rows, e_returns.summarise, lambda row: (ids.show(row.id),))
    listed = await records.list_page(session, e_return_template, staff, None, 100)
    names = {row.id: row.name for row in listed}
    return render(
        request, staff, "counter-e-returns.html", page=page, names=names, labels=labels, selected=status
    )


@router.get(_ONE, responses=document_problems(404))
async def show_e_return(
    staff: CounterStaff, request: Request, e_return: ids.Id, session: Reading
) -> Response:
    """Show an e-return, and what you can do about it."""
    return await _show(request, session, staff, e_return, Form())


@router.post(f"{_ONE}/submit", responses=_PROBLEMS, openapi_extra=form_body())
async def submit_e_return_page(
    staff: CounterStaff, request: Request, e_return: ids.Id, form: SubmittedForm
) -> Response:  # fmt: skip
    """Submit an e-return to somebody else."""
    return await _act(
        request, staff, e_return, form, lambda session: e_returns.submit(session, staff, e_return)
    )


@router.post(f"{_ONE}/authorise", responses=_PROBLEMS, openapi_extra=form_body("version"))
async def authorise_e_return_page(
    staff: CounterStaff, request: Request, e_return: ids.Id, form: SubmittedForm
) -> Response:  # fmt: skip
    """Authorise an e-return of somebody else: it is posted."""
    version = read_version(form)
    return await _act(
        request, staff, e_return, form,
        lambda session: authorisations.authorise(session, staff, e_return, version),
    )  # fmt: skip


@router.post(f"{_ONE}/return", responses=_PROBLEMS, openapi_extra=form_body("answer", answer=MAX_NOTE))
async def send_back_e_return_page(
    staff: CounterStaff, request: Request, e_return: ids.Id, form: SubmittedForm
) -> Response:  # fmt: skip
    """Send an e-return of somebody else back, and say why."""
    body = build(form, Answer, answer=form.get("answer", MAX_NOTE))
    if body is None:
        async with read(request, staff) as reader:
            return await _show(request, reader, staff, e_return, form, 400)
    return await _act(
        request, staff, e_return, form,
        lambda session: e_returns.send_back(session, staff, e_return, body.answer),
    )  # fmt: skip


async def _act(
    request: Request,
    staff: Staff,
    e_return: ids.Id,
    form: Form,
    work: Callable[[Session], Awaitable[None]],
) -> Response:
    if await perform(request, staff, form, work):
        return see_other(f"/{staff.council}/payments/office/e-returns/{ids.show(e_return)}")
    async with read(request, staff) as reader:
        return await _show(request, reader, staff, e_return, form, 400)


async def _show(
    request: Request, session: ReadSession, staff: Staff, e_return: ids.Id, form: Form, status: int = 200
) -> Response:
    row = await records.get(session, table, staff, e_return)
    template = templates.show(await records.get(session, e_return_template, staff, row.template))
    makers = {row.created_by, row.changed_by, row.submitted_by}
    is_waiting = row.status == Status.SUBMITTED
    context: dict[str, Any] = {
        "record": e_returns.show(row),
        "e_return_template": template,
        "labels": labels,
        "may_submit": row.status in {Status.DRAFT, Status.RETURNED},
        "is_waiting": is_waiting,
        "may_check": is_waiting and staff.subject not in makers and staff.may(APPROVE),
        "record_path": f"/{staff.council}/payments/office/e-returns/{ids.show(e_return)}",
    }
    return render(request, staff, "counter-e-return.html", status, form=form, **context)
