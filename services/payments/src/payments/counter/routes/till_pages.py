"""The pages of tills: open, count, explain, check."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.database import Reading, ReadSession
from chassis.pages import Paging
from chassis.problems import document_problems
from chassis.types import Slug
from chassis.web import Form, SubmittedForm, form_body, see_other
from chassis.web.sign_in import Staff, label_staff
from payments.cash_office.actions import offices, receipts, records, tills
from payments.cash_office.rules.tills import DENOMINATIONS, Status
from payments.cash_office.schemas.tills import NewTill, TillCount
from payments.cash_office.schemas.values import Answer, Because
from payments.cash_office.tables import counter_office, counter_receipt
from payments.cash_office.tables import till as table
from payments.counter.routes.access import CounterStaff, build, perform, read, read_office, read_version
from payments.office.routes.access import PAGES, read_id, render
from payments.office.rules import labels
from payments.office.rules.amounts import parse_pounds
from payments.shared.schemas import MAX_NOTE
from payments.shared.scopes import APPROVE

router = APIRouter(prefix=f"{PAGES}/tills", tags=["counter pages"], default_response_class=HTMLResponse)
_ONE = "/{till}"
_MAX_FLOAT = 1_000_000  # pence
_MAX_PIECES = 100_000
_MAX_OFFICES = 100
_PROBLEMS = document_problems(404, 409)
_PIECES = {f"pieces_{pence}": 6 for pence in DENOMINATIONS}


@router.get("")
async def show_tills(staff: CounterStaff, request: Request, session: Reading, paging: Paging) -> Response:
    """List tills, the newest first, with your own that is open."""
    rows = await records.list_page(session, table, staff, paging.start_id(), paging.fetch)
    page = paging.page(rows, lambda row: row, lambda row: (ids.show(row.id),))
    open_tills = await records.list_page(
        session, table, staff, None, 1, opened_by=staff.subject, status=Status.OPEN
    )
    context: dict[str, Any] = {
        "page": page,
        "own_till": next(iter(open_tills), None),
        "names": await _name_offices(session, staff),
        "labels": labels,
        "label_staff": label_staff,
    }
    return render(request, staff, "counter-tills.html", **context)


@router.get("/new")
async def show_open_form(staff: CounterStaff, request: Request, session: Reading) -> Response:
    """Show the form that opens a till."""
    return await _show_open_form(request, session, staff, Form({"id": ids.show(ids.new())}))


@router.post("/new", responses=_PROBLEMS, openapi_extra=form_body("id", "office", "opening_float"))
async def submit_open_form(
    staff: CounterStaff, request: Request, council: Slug, form: SubmittedForm
) -> Response:
    """Open a till of yours for today."""
    till_id, office = read_id(form), read_office(form)
    opening_float = _read_amount(form, "opening_float", _MAX_FLOAT)
    if form.ok and till_id is not None and office is not None and opening_float is not None:
        body = NewTill(id=till_id, office=office, opening_float=opening_float)
        if await perform(request, staff, form, lambda session: tills.open_till(session, staff, body)):
            return see_other(f"/{council}/payments/office/tills/{ids.show(till_id)}")
    async with read(request, staff) as reader:
        return await _show_open_form(request, reader, staff, form, 400)


@router.get(_ONE, responses=document_problems(404))
async def show_till(
    staff: CounterStaff, request: Request, till: ids.Id, session: Reading, paging: Paging
) -> Response:
    """Show a till with its receipts, and what is next."""
    return await _show(request, session, staff, till, Form(), paging=paging)


@router.get(f"{_ONE}/count", responses=_PROBLEMS)
async def show_count_form(staff: CounterStaff, request: Request, till: ids.Id, session: Reading) -> Response:
    """Show the form to count a till. What should be there is not on it."""
    row = await records.get(session, table, staff, till)
    form = Form({"version": str(row.version)})
    return render(request, staff, "counter-count.html", form=form, till=row, denominations=DENOMINATIONS)


@router.post(f"{_ONE}/count", responses=_PROBLEMS, openapi_extra=form_body("version", "cheques", **_PIECES))
async def submit_count_form(
    staff: CounterStaff, request: Request, council: Slug, till: ids.Id, form: SubmittedForm
) -> Response:
    """Count a till: nothing is taken on it any more."""
    counted = {pence: _read_pieces(form, f"pieces_{pence}") for pence in DENOMINATIONS}
    cheques = _read_amount(form, "cheques", _MAX_FLOAT * 1_000)
    if form.ok and cheques is not None:
        body, version = TillCount(counted=counted, cheques=cheques), read_version(form)
        if await perform(
            request, staff, form, lambda session: tills.count(session, staff, till, version, body)
        ):
            return see_other(f"/{council}/payments/office/tills/{ids.show(till)}")
    async with read(request, staff) as reader:
        row = await records.get(reader, table, staff, till)
    fresh = Form(
        {**{name: form.get(name, 12) for name in (*_PIECES, "cheques")}, "version": str(row.version)}
    )
    fresh.errors = form.errors
    return render(
        request, staff, "counter-count.html", 400, form=fresh, till=row, denominations=DENOMINATIONS
    )


@router.post(
    f"{_ONE}/difference", responses=_PROBLEMS, openapi_extra=form_body("version", "reason", note=MAX_NOTE)
)
async def explain_difference(
    staff: CounterStaff, request: Request, council: Slug, till: ids.Id, form: SubmittedForm
) -> Response:
    """Say why a till is over or short."""
    body = build(form, Because, reason=form.get("reason"), note=form.get("note", MAX_NOTE))
    version = read_version(form)
    if body is not None and await perform(
        request, staff, form, lambda session: tills.explain(session, staff, till, version, body)
    ):
        return see_other(f"/{council}/payments/office/tills/{ids.show(till)}")
    async with read(request, staff) as reader:
        return await _show(request, reader, staff, till, form, 400)


@router.post(f"{_ONE}/check", responses=_PROBLEMS, openapi_extra=form_body())
async def accept_difference(
    staff: CounterStaff, request: Request, council: Slug, till: ids.Id, form: SubmittedForm
) -> Response:
    """Accept what a till of somebody else is over or short."""
    if await perform(request, staff, form, lambda session: tills.check(session, staff, till)):
        return see_other(f"/{council}/payments/office/tills/{ids.show(till)}")
    async with read(request, staff) as reader:
        return await _show(request, reader, staff, till, form, 400)


@router.post(f"{_ONE}/recount", responses=_PROBLEMS, openapi_extra=form_body("answer", answer=MAX_NOTE))
async def refuse_difference(
    staff: CounterStaff, request: Request, council: Slug, till: ids.Id, form: SubmittedForm
) -> Response:
    """Have a till of somebody else counted again."""
    body = build(form, Answer, answer=form.get("answer", MAX_NOTE))
    if body is not None and await perform(
        request, staff, form, lambda session: tills.require_recount(session, staff, till, body.answer)
    ):
        return see_other(f"/{council}/payments/office/tills/{ids.show(till)}")
    async with read(request, staff) as reader:
        return await _show(request, reader, staff, till, form, 400)


async def _show(
    request: Request,
    session: ReadSession,
    staff: Staff,
    till: ids.Id,
    form: Form,
    status: int = 200,
    paging: Paging | None = None,
) -> Response:
    row = await records.get(session, table, staff, till)
    start, fetch = (paging.start_id(), paging.fetch) if paging else (None, 51)
    rows = await records.list_page(session, counter_receipt, staff, start, fetch, till=till)
    page = paging.page(rows, receipts.show, lambda entry: (ids.show(entry.id),)) if paging else None
    makers = {row.opened_by, row.counted_by, row.explained_by}
    context: dict[str, Any] = {
        "till": tills.show(row),
        "office_name": (await records.get(session, counter_office, staff, row.office)).name,
        "receipts": page.items if page else [receipts.show(entry) for entry in rows[: fetch - 1]],
        "page": page,
        "is_own": row.opened_by == staff.subject,
        "may_count": row.opened_by == staff.subject or staff.may(APPROVE),
        "may_check": staff.subject not in makers and staff.may(APPROVE),
        "labels": labels,
    }
    return render(request, staff, "counter-till.html", status, form=form, **context)


async def _show_open_form(
    request: Request, session: ReadSession, staff: Staff, form: Form, status: int = 200
) -> Response:
    rows = await records.list_page(session, counter_office, staff, None, _MAX_OFFICES, is_closed=False)
    choices = sorted(map(offices.show, rows), key=lambda office: office.name)
    return render(request, staff, "counter-open.html", status, form=form, offices=choices)


async def _name_offices(session: ReadSession, staff: Staff) -> dict[Any, str]:
    rows = await records.list_page(session, counter_office, staff, None, _MAX_OFFICES)
    return {row.id: row.name for row in rows}


def _read_amount(form: Form, name: str, most: int) -> int | None:
    """Read an amount in pounds that may be nothing as pence; None with an error in the form."""
    amount = parse_pounds(form.get(name, 20) or "0")
    if amount is None or amount > most:
        form.error(name, "Enter an amount in pounds, such as 12.50")
        return None
    return amount


def _read_pieces(form: Form, name: str) -> int:
    text = form.get(name, 6) or "0"
    if not (text.isascii() and text.isdigit()) or int(text) > _MAX_PIECES:
        form.error(name, "Enter how many there are, such as 12")
        return 0
    return int(text)
