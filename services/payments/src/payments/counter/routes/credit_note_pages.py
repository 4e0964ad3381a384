"""The page of a credit note: money of a receipt given back by the payments ledger."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.database import Reading, ReadSession
from chassis.problems import document_problems
from chassis.types import Slug
from chassis.web import Form, SubmittedForm, form_body, see_other
from chassis.web.sign_in import Staff
from payments.cash_office.actions import receipts
from payments.cash_office.schemas.receipts import Receipt
from payments.counter.routes.access import perform, read
from payments.office.actions import refunds
from payments.office.routes.access import PAGES, OfficeStaff, read_id, read_pounds, read_reason, render
from payments.office.rules import labels
from payments.office.schemas import CreditLine, NewCreditNote
from payments.shared.schemas import MAX_NOTE

router = APIRouter(
    prefix=f"{PAGES}/receipts/{{receipt}}/credit-note", tags=["counter pages"],
    default_response_class=HTMLResponse,
)  # fmt: skip
_LINES = {f"line_{n}": 20 for n in range(1, 51)}


@router.get("", responses=document_problems(404))
async def show_credit_note_form(
    staff: OfficeStaff, request: Request, receipt: ids.Id, session: Reading
) -> Response:
    """Show the form of a credit note."""
    return await _show(request, session, staff, receipt, Form({"id": ids.show(ids.new())}))


@router.post(
    "", responses=document_problems(404, 409),
    openapi_extra=form_body("id", "reason", note=MAX_NOTE, **_LINES),
)  # fmt: skip
async def submit_credit_note_form(
    staff: OfficeStaff, request: Request, council: Slug, receipt: ids.Id, form: SubmittedForm
) -> Response:
    """Ask somebody else to give the money back."""
    async with read(request, staff) as reader:
        body = _read_form(form, await receipts.read(reader, staff, receipt))
    if body is not None and await perform(
        request, staff, form, lambda session: refunds.propose_credit_note(session, staff, body)
    ):
        return see_other(f"/{council}/payments/office/requests/{ids.show(body.id)}")
    async with read(request, staff) as reader:
        return await _show(request, reader, staff, receipt, form, 400)


def _read_form(form: Form, receipt: Receipt) -> NewCreditNote | None:
    filled = [line.n for line in receipt.lines if form.get(f"line_{line.n}", 20)]
    amounts = {n: read_pounds(form, f"line_{n}") for n in filled}
    if not filled:
        form.error("line_1", "Enter an amount in pounds, such as 12.50")
    reason, request_id = read_reason(form), read_id(form)
    if not form.ok or reason is None or request_id is None:
        return None
    lines = [CreditLine(line=n, amount=amount) for n, amount in amounts.items() if amount]
    note = form.get("note", MAX_NOTE)
    return NewCreditNote(id=request_id, receipt=receipt.id, reason=reason, note=note, lines=lines)


async def _show(
    request: Request, session: ReadSession, staff: Staff, receipt: ids.Id, form: Form, status: int = 200
) -> Response:
    record = await receipts.read(session, staff, receipt)
    context = {"receipt": record, "labels": labels}
    return render(request, staff, "counter-credit-note.html", status, form=form, **context)
