"""The office's pages of suspense and journals."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.database import Reading, ReadSession, Writing
from chassis.pages import Paging
from chassis.problems import Problem, document_problems
from chassis.types import Slug
from chassis.web import Form, SubmittedForm, form_body, see_other
from chassis.web.sign_in import Staff
from payments.office.actions import journal_sources, journals, requests, timelines
from payments.office.routes.access import (
    LINE_FIELDS,
    PAGES,
    OfficeStaff,
    add_problem,
    list_funds,
    read_id,
    read_lines,
    read_reason,
    render,
)
from payments.office.routes.ledger_api import read_cursor
from payments.office.rules import labels
from payments.office.rules.journals import name_age
from payments.office.schemas import NewJournal, NewRequest
from payments.shared.schemas import MAX_NOTE

router = APIRouter(prefix=PAGES, tags=["office pages"], default_response_class=HTMLResponse)
_ROWS = 4  # of the form; the API takes more
_JOURNAL, _UNDO = "/journals/{item}", "/journals/{request_id}/undo"
_FIELDS = {f"{name}_{n}": 255 for n in range(1, _ROWS + 1) for name in LINE_FIELDS}
LineNumber = Annotated[int | None, Query(ge=1, le=50)]


@router.get("/suspense")
async def show_suspense(staff: OfficeStaff, request: Request, session: Reading, paging: Paging) -> Response:
    """List what is in suspense, the oldest first."""
    rows = await journal_sources.list_suspense(session, staff, read_cursor(paging), paging.fetch)
    page = paging.page(rows, journal_sources.show_suspense, lambda row: (row.taken_on.isoformat(), row.code))
    return render(request, staff, "office-suspense.html", page=page, name_age=name_age)


@router.get(_JOURNAL, responses=document_problems(404))
async def show_journal_form(
    staff: OfficeStaff, request: Request, item: ids.Id, session: Reading, line: LineNumber = None
) -> Response:
    """Show the form of a journal out of suspense, or from a line of a payment."""
    return await _show_form(request, session, staff, item, line, Form({"id": ids.show(ids.new())}))


@router.post(
    _JOURNAL, responses=document_problems(404, 409),
    openapi_extra=form_body("id", "reason", note=MAX_NOTE, **_FIELDS),
)  # fmt: skip
async def submit_journal_form(
    staff: OfficeStaff, request: Request, council: Slug, item: ids.Id, form: SubmittedForm, session: Writing,
    line: LineNumber = None,
) -> Response:  # fmt: skip
    """Ask somebody else to move the money."""
    body = _read_form(form, item, line)
    if body is None:
        return await _show_form(request, session, staff, item, line, form, 400)
    try:
        request_id = await journals.propose(session, staff, body)
    except Problem as problem:
        add_problem(form, problem, "amount_1")
        return await _show_form(request, session, staff, item, line, form, 400)
    return see_other(f"/{council}/payments/office/requests/{ids.show(request_id)}")


@router.get(_UNDO, responses=document_problems(404))
async def show_undo_form(
    staff: OfficeStaff, request: Request, request_id: ids.Id, session: Reading
) -> Response:
    """Show the form to take a journal back."""
    journal = await requests.get(session, staff, request_id)
    form = Form({"id": ids.show(ids.new())})
    return render(request, staff, "office-undo.html", form=form, journal=journal, labels=labels)


@router.post(_UNDO, responses=document_problems(404, 409), openapi_extra=form_body("id", "reason", note=500))
async def submit_undo_form(
    staff: OfficeStaff, request: Request, council: Slug, request_id: ids.Id, form: SubmittedForm,
    session: Writing,
) -> Response:  # fmt: skip
    """Ask somebody else to take a journal back, as a whole."""
    journal = await requests.get(session, staff, request_id)
    reason, undo_id = read_reason(form), read_id(form)
    if form.ok and reason is not None and undo_id is not None:
        body = NewRequest(id=undo_id, reason=reason, note=form.get("note", MAX_NOTE))
        try:
            await journals.propose_undo(session, staff, request_id, body)
        except Problem as problem:
            add_problem(form, problem, "")
        else:
            return see_other(f"/{council}/payments/office/requests/{ids.show(undo_id)}")
    return render(request, staff, "office-undo.html", 400, form=form, journal=journal, labels=labels)


def _read_form(form: Form, item: UUID, line: int | None) -> NewJournal | None:
    lines = read_lines(form, _ROWS)
    reason, request_id = read_reason(form), read_id(form)
    if not form.ok or reason is None or request_id is None:
        return None
    note = form.get("note", MAX_NOTE)
    return NewJournal(id=request_id, reason=reason, note=note, item=item, line=line, lines=lines)


async def _show_form(
    request: Request, session: ReadSession, staff: Staff, item: UUID, line: int | None, form: Form,
    status: int = 200,
) -> HTMLResponse:  # fmt: skip
    context = await _describe_source(session, staff, item, line)
    context |= {"funds": await list_funds(session, staff.council), "rows": range(1, _ROWS + 1)}
    return render(request, staff, "office-journal.html", status, form=form, labels=labels, **context)


async def _describe_source(
    session: ReadSession, staff: Staff, item: UUID, line: int | None
) -> dict[str, Any]:
    """Describe what a journal is to move. Raises Problem 404."""
    if line is None:
        present = await journal_sources.get_suspense(session, staff, item)
        return {"left": present.amount, "reference": present.reference, "payment": None}
    detail = await timelines.read(session, staff, item)
    chosen = next((entry for entry in detail.lines if entry.n == line), None)
    if chosen is None:
        raise Problem(404, "not-found", "There is no such line.")
    left = chosen.amount - chosen.refunded - chosen.moved
    return {"left": left, "reference": chosen.reference, "payment": detail}
