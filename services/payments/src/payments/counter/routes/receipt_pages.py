"""The pages of receipts: take cash or a cheque, print, void, return a cheque, give money back."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.database import Reading, ReadSession, Writing
from chassis.problems import document_problems
from chassis.types import Slug
from chassis.web import Form, SubmittedForm, form_body, see_other
from chassis.web.sign_in import Staff
from payments.cash_office.actions import receipt_texts, receipts, records, reversals
from payments.cash_office.rules.tills import Status
from payments.cash_office.schemas.receipts import NewReceipt, ReturnedCheque
from payments.cash_office.schemas.values import Because, Cheque
from payments.cash_office.tables import counter_office
from payments.cash_office.tables import till as till_table
from payments.counter.routes.access import CounterStaff, build, perform, read
from payments.funds.schemas.baskets import NewLine
from payments.office.routes.access import (
    LINE_FIELDS,
    PAGES,
    list_funds,
    read_id,
    read_lines,
    read_pounds,
    render,
)
from payments.office.rules import labels
from payments.shared.days import today
from payments.shared.schemas import MAX_NOTE
from payments.shared.scopes import OFFICE

router = APIRouter(prefix=PAGES, tags=["counter pages"], default_response_class=HTMLResponse)
Kind = Annotated[Literal["cash", "cheque"], Query()]
_NEW, _ONE = "/tills/{till}/receipts/new", "/receipts/{receipt}"
_ROWS = 4
_MAX_TENDERED = 1_000_000_000
_CHEQUE = ("number", "sort_code", "account_number", "payer_name")
_FIELDS = {f"{name}_{n}": 255 for n in range(1, _ROWS + 1) for name in LINE_FIELDS}
_FIELDS |= {"tendered": 20, "email": 254, **dict.fromkeys(_CHEQUE, 100)}
_FIELD_ERRORS = {"basket-refused": "reference_1", "day-to-come": "returned_on"}
_PROBLEMS = document_problems(404, 409)


@router.get(_NEW, responses=_PROBLEMS)
async def show_receipt_form(
    staff: CounterStaff, request: Request, till: ids.Id, session: Reading, kind: Kind = "cash"
) -> Response:
    """Show the form that takes cash or a cheque."""
    await records.get(session, till_table, staff, till)
    return await _show_form(request, session, staff, till, kind, Form({"id": ids.show(ids.new())}))


@router.post(_NEW, responses=_PROBLEMS, openapi_extra=form_body("id", **_FIELDS))
async def submit_receipt_form(
    staff: CounterStaff, request: Request, council: Slug, till: ids.Id, form: SubmittedForm,
    kind: Kind = "cash",
) -> Response:  # fmt: skip
    """Take cash or a cheque on your till."""
    body = _read_form(form, kind)
    if body is not None and await perform(
        request, staff, form, lambda session: receipts.post(session, staff, till, body), _FIELD_ERRORS
    ):
        return see_other(f"/{council}/payments/office/receipts/{ids.show(body.id)}")
    async with read(request, staff) as reader:
        return await _show_form(request, reader, staff, till, kind, form, 400)


@router.get(_ONE, responses=document_problems(404))
async def show_receipt(staff: CounterStaff, request: Request, receipt: ids.Id, session: Reading) -> Response:
    """Show a receipt, and what can be done about it."""
    return await _show(request, session, staff, receipt, Form())


@router.post(f"{_ONE}/print", responses=document_problems(404), openapi_extra=form_body())
async def print_receipt(
    staff: CounterStaff, request: Request, receipt: ids.Id, _: SubmittedForm, session: Writing
) -> Response:
    """Show a receipt to be printed. What is printed again says that it is a copy."""
    is_copy = await receipt_texts.note_print(session, staff, receipt)
    row = await receipts.read(session, staff, receipt)
    words = await receipt_texts.describe(session, staff, receipt)
    office = await records.get(session, counter_office, staff, row.office)
    context = {"receipt": row, "words": words, "is_copy": is_copy, "office_name": office.name}
    return render(request, staff, "counter-print.html", **context)


@router.post(f"{_ONE}/void", responses=_PROBLEMS, openapi_extra=form_body("reason", note=MAX_NOTE))
async def void_receipt(
    staff: CounterStaff, request: Request, council: Slug, receipt: ids.Id, form: SubmittedForm
) -> Response:  # fmt: skip
    """Undo a receipt of your till while it is open."""
    body = build(form, Because, reason=form.get("reason"), note=form.get("note", MAX_NOTE))
    if body is not None and await perform(
        request, staff, form, lambda session: receipts.void(session, staff, receipt, body)
    ):
        return see_other(f"/{council}/payments/office/receipts/{ids.show(receipt)}")
    async with read(request, staff) as reader:
        return await _show(request, reader, staff, receipt, form, 400)


@router.post(f"{_ONE}/cheque-return", responses=_PROBLEMS, openapi_extra=form_body("returned_on"))
async def record_cheque_return(
    staff: CounterStaff, request: Request, council: Slug, receipt: ids.Id, form: SubmittedForm
) -> Response:  # fmt: skip
    """Record that the bank returned a cheque unpaid."""
    body = build(form, ReturnedCheque, returned_on=form.get("returned_on"))
    if body is not None and await perform(
        request,
        staff,
        form,
        lambda session: reversals.return_cheque(session, staff, receipt, body),
        _FIELD_ERRORS,
    ):
        return see_other(f"/{council}/payments/office/receipts/{ids.show(receipt)}")
    async with read(request, staff) as reader:
        return await _show(request, reader, staff, receipt, form, 400)


def _read_form(form: Form, kind: str) -> NewReceipt | None:
    receipt_id, lines = read_id(form), read_lines(form, _ROWS)
    values: dict[str, Any] = {"email": form.get("email", 254) or None}
    if kind == "cheque":
        numbers = {name: form.get(name).replace("-", "").replace(" ", "") for name in _CHEQUE[:3]}
        values["cheque"] = build(form, Cheque, **numbers, payer_name=form.get("payer_name"))
    elif form.get("tendered", 20):
        values["tendered"] = read_pounds(form, "tendered", _MAX_TENDERED)
        _check_tendered(form, values["tendered"], lines)
    if not form.ok or receipt_id is None:
        return None
    return build(form, NewReceipt, id=receipt_id, lines=lines, **values)


def _check_tendered(form: Form, tendered: int | None, lines: list[NewLine]) -> None:
    if tendered is not None and tendered < sum(line.amount for line in lines):
        form.error("tendered", "This is less than there is to pay")


async def _show_form(
    request: Request, session: ReadSession, staff: Staff, till: ids.Id, kind: str, form: Form,
    status: int = 200,
) -> Response:  # fmt: skip
    context = {
        "kind": kind,
        "till_id": ids.show(till),
        "funds": await list_funds(session, staff.council),
        "rows": range(1, _ROWS + 1),
    }
    return render(request, staff, "counter-take.html", status, form=form, **context)


async def _show(
    request: Request, session: ReadSession, staff: Staff, receipt: ids.Id, form: Form, status: int = 200
) -> Response:
    row = await receipts.read(session, staff, receipt)
    owner = await records.get(session, till_table, staff, row.till) if row.till else None
    is_open = owner is not None and owner.status == Status.OPEN
    is_posted = row.status == "posted"
    context: dict[str, Any] = {
        "receipt": row,
        "labels": labels,
        "may_void": is_posted and is_open and owner is not None and owner.opened_by == staff.subject,
        "may_return": is_posted and row.kind == "cheque" and (owner is None or owner.status == "banked"),
        "may_credit": is_posted and not is_open and staff.may(OFFICE),
        "today": today().isoformat(),
        "request_path": f"/{staff.council}/payments/office/receipts/{ids.show(receipt)}",
    }
    return render(request, staff, "counter-receipt.html", status, form=form, **context)
