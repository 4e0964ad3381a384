"""The office's pages of requests: those that wait, and what becomes of them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.database import Database, Reading, Session, Writing
from chassis.pages import Paging
from chassis.problems import Problem, document_problems
from chassis.recovery import Calls
from chassis.types import Slug
from chassis.web import Form, SubmittedForm, form_body, see_other
from chassis.web.sign_in import Staff, label_staff
from payments.office.actions import refunds, request_views, requests
from payments.office.routes.access import PAGES, OfficeStaff, add_problem, read_note, render
from payments.office.rules import labels
from payments.office.rules.requests import Status
from payments.shared.schemas import MAX_NOTE
from payments.shared.scopes import APPROVE

router = APIRouter(prefix=f"{PAGES}/requests", tags=["office pages"], default_response_class=HTMLResponse)
_ONE = "/{request_id}"
_PROBLEMS = document_problems(404, 409)


@router.get("")
async def show_requests(
    staff: OfficeStaff,
    request: Request,
    session: Reading,
    paging: Paging,
    status: Annotated[Status | None, Query()] = Status.PROPOSED,
) -> Response:
    """List the requests that wait for approval, or those of another status."""
    rows = await requests.list_page(session, staff, status, paging.start_id(), paging.fetch)
    page = paging.page(rows, request_views.show, lambda row: (ids.show(row.id),))
    return render(request, staff, "office-requests.html", page=page, labels=labels, selected=status)


@router.get(_ONE, responses=document_problems(404))
async def show_request(
    staff: OfficeStaff, request: Request, request_id: ids.Id, session: Reading
) -> Response:
    """Show a request, and what you can do about it."""
    return await _show(request, session, staff, request_id, Form())


@router.post(f"{_ONE}/approve", responses=_PROBLEMS, openapi_extra=form_body())
async def approve_request(
    staff: OfficeStaff, request: Request, council: Slug, request_id: ids.Id, form: SubmittedForm, calls: Calls
) -> Response:
    """Approve a request that somebody else made."""
    database: Database = request.app.state.database
    try:
        async with database.writing(council) as session:
            outcome = await request_views.approve(session, staff, request_id)
    except Problem as problem:
        add_problem(form, problem, "")
        async with database.reading(council) as reader:
            return await _show(request, reader, staff, request_id, form, 400)
    if outcome is not None:
        await refunds.submit(calls, council, outcome)
    return see_other(f"/{council}/payments/office/requests/{ids.show(request_id)}")


@router.post(f"{_ONE}/reject", responses=_PROBLEMS, openapi_extra=form_body("answer", answer=MAX_NOTE))
async def reject_request(
    staff: OfficeStaff, request: Request, council: Slug, request_id: ids.Id, form: SubmittedForm,
    session: Writing,
) -> Response:  # fmt: skip
    """Reject a request that somebody else made, and say why."""
    answer = read_note(form, "answer")
    if not form.ok:
        return await _show(request, session, staff, request_id, form, 400)
    try:
        await requests.reject(session, staff, request_id, answer)
    except Problem as problem:
        add_problem(form, problem, "")
        return await _show(request, session, staff, request_id, form, 400)
    return see_other(f"/{council}/payments/office/requests/{ids.show(request_id)}")


@router.post(f"{_ONE}/withdraw", responses=_PROBLEMS, openapi_extra=form_body())
async def withdraw_request(
    staff: OfficeStaff, request: Request, council: Slug, request_id: ids.Id, form: SubmittedForm,
    session: Writing,
) -> Response:  # fmt: skip
    """Withdraw a request of your own."""
    try:
        await requests.withdraw(session, staff, request_id)
    except Problem as problem:
        add_problem(form, problem, "")
        return await _show(request, session, staff, request_id, form, 400)
    return see_other(f"/{council}/payments/office/requests/{ids.show(request_id)}")


async def _show(
    request: Request,
    session: Session | Reading,
    staff: Staff,
    request_id: ids.Id,
    form: Form,
    status: int = 200,
) -> Response:
    row = await requests.get(session, staff, request_id)
    is_open = row.status == Status.PROPOSED
    return render(
        request,
        staff,
        "office-request.html",
        status,
        row=row,
        form=form,
        labels=labels,
        label_staff=label_staff,
        may_check=is_open and row.requested_by != staff.subject and staff.may(APPROVE),
        may_withdraw=is_open and row.requested_by == staff.subject,
        subject=ids.show(row.subject),
        request_path=f"/{staff.council}/payments/office/requests/{ids.show(row.id)}",
    )
