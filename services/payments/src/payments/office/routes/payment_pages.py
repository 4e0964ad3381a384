"""The office's pages of payments: search, timeline, refund."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.database import Database, Reading
from chassis.pages import Paging
from chassis.problems import Problem, document_problems
from chassis.recovery import Calls
from chassis.types import Slug
from chassis.web import Form, SubmittedForm, form_body, see_other
from chassis.web.sign_in import Staff
from payments.office.actions import refunds, timelines
from payments.office.routes.access import (
    PAGES,
    OfficeStaff,
    add_problem,
    make_start,
    read_id,
    read_pounds,
    read_reason,
    read_start,
    render,
)
from payments.office.rules import labels
from payments.office.schemas import NewRefund, PaymentDetail
from payments.payments.schemas.requests import RefundLine
from payments.shared.schemas import MAX_NOTE

router = APIRouter(prefix=PAGES, tags=["office pages"], default_response_class=HTMLResponse)
SearchWords = Annotated[str, Query(max_length=255)]
_REFUND = "/payments/{payment_id}/refund"


@router.get("")
async def show_payments(
    staff: OfficeStaff, request: Request, session: Reading, paging: Paging, q: SearchWords = ""
) -> Response:
    """Search payments by exactly their reference, e-mail address or id."""
    rows = await timelines.search(session, staff, q.strip(), read_start(paging), paging.fetch)
    page = paging.page(rows, timelines.show, make_start)
    return render(
        request, staff, "office-payments.html", form=Form({"q": q}), page=page, states=labels.STATES, q=q
    )


@router.get("/payments/{payment_id}", responses=document_problems(404))
async def show_office_payment(
    staff: OfficeStaff, request: Request, payment_id: ids.Id, session: Reading
) -> Response:
    """Show a payment: payer, basket, what happened, postings."""
    detail = await timelines.read(session, staff, payment_id)
    return render(request, staff, "office-payment.html", payment=detail, labels=labels)


@router.get(_REFUND, responses=document_problems(404))
async def show_refund_form(
    staff: OfficeStaff, request: Request, payment_id: ids.Id, session: Reading
) -> Response:
    """Show the form of a refund."""
    detail = await timelines.read(session, staff, payment_id)
    return _show_form(request, staff, detail, Form({"id": ids.show(ids.new())}))


@router.post(
    _REFUND,
    responses=document_problems(404, 409),
    openapi_extra=form_body("id", "amount", "reason", note=MAX_NOTE),
)
async def submit_refund_form(
    staff: OfficeStaff, request: Request, council: Slug, payment_id: ids.Id, form: SubmittedForm, calls: Calls
) -> Response:
    """Refund a payment, or ask somebody else to approve it."""
    database: Database = request.app.state.database
    async with database.reading(council) as reader:
        detail = await timelines.read(reader, staff, payment_id)
    body = _read_form(form, detail)
    if body is None:
        return _show_form(request, staff, detail, form, 400)
    try:
        async with database.writing(council) as session:
            outcome = await refunds.propose(session, staff, payment_id, body)
    except Problem as problem:
        add_problem(form, problem, "amount")
        return _show_form(request, staff, detail, form, 400)
    await refunds.submit(calls, council, outcome)
    return see_other(f"/{council}/payments/office/requests/{ids.show(outcome.request_id)}")


def _read_form(form: Form, detail: PaymentDetail) -> NewRefund | None:
    amount = read_pounds(form, "amount")
    lines = [
        RefundLine(line=line.n, amount=share)
        for line in detail.lines
        if form.get(f"line_{line.n}") and (share := read_pounds(form, f"line_{line.n}"))
    ]
    reason = read_reason(form)
    request_id: UUID | None = read_id(form)
    if not form.ok or amount is None or reason is None or request_id is None:
        return None
    note = form.get("note", MAX_NOTE)
    return NewRefund(id=request_id, amount=amount, lines=lines or None, reason=reason, note=note)


def _show_form(
    request: Request, staff: Staff, detail: PaymentDetail, form: Form, status: int = 200
) -> Response:
    context: dict[str, Any] = {"payment": detail, "form": form, "labels": labels}
    return render(request, staff, "office-refund.html", status, **context)
