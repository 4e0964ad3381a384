"""The pages of banking: bags, and tills that wait for one."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.database import Reading, ReadSession
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from chassis.web import Form, SubmittedForm, form_body, see_other
from chassis.web.sign_in import Staff, label_staff
from payments.cash_office.actions import bags, records
from payments.cash_office.rules.tills import Status
from payments.cash_office.schemas.bags import Bag, NewBag
from payments.cash_office.tables import bag as table
from payments.cash_office.tables import counter_office, till
from payments.counter.routes.access import CounterStaff, build, perform, read
from payments.office.routes.access import PAGES, read_id, render
from payments.office.rules import labels
from payments.shared.days import today

router = APIRouter(prefix=f"{PAGES}/bags", tags=["counter pages"], default_response_class=HTMLResponse)
_MAX_TILLS = 50
_FIELD_ERRORS = {
    "number-used": "number",
    "day-to-come": "banked_on",
    "other-office": "tills",
    "nothing-to-bank": "tills",
}


@router.get("")
async def show_bags(staff: CounterStaff, request: Request, session: Reading, paging: Paging) -> Response:
    """List what was banked, the newest first, and the tills that are to be banked."""
    rows = await records.list_page(session, table, staff, paging.start_id(), paging.fetch)
    bags_by_id = {entry.id: entry for entry in await bags.show_all(session, staff, rows)}
    page = paging.page(rows, lambda row: bags_by_id[row.id], lambda row: (ids.show(row.id),))
    form = Form({"id": ids.show(ids.new()), "banked_on": today().isoformat()})
    return await _show(request, session, staff, page, form)


@router.post(
    "", responses=document_problems(404, 409),
    openapi_extra=form_body("id", "number", "banked_on", "tills"),
)  # fmt: skip
async def submit_bag_form(
    staff: CounterStaff, request: Request, council: Slug, form: SubmittedForm
) -> Response:
    """Bank tills of an office in a bag."""
    async with read(request, staff) as reader:
        body = await _read_form(reader, staff, form)
    if body is not None and await perform(
        request, staff, form, lambda session: bags.bank(session, staff, body), _FIELD_ERRORS
    ):
        return see_other(f"/{council}/payments/office/bags")
    async with read(request, staff) as reader:
        return await _show(request, reader, staff, None, form, 400)


async def _read_form(session: ReadSession, staff: Staff, form: Form) -> NewBag | None:
    bag_id = read_id(form)
    try:
        chosen = [ids.read(text) for text in form.all("tills")[:_MAX_TILLS]]
    except ValueError:
        chosen = []
    if not chosen:
        form.error("tills", "Choose what is in the bag")
    if not form.ok or bag_id is None:
        return None
    first = await records.get(session, till, staff, chosen[0])
    values = {"number": form.get("number"), "banked_on": form.get("banked_on"), "tills": chosen}
    return build(form, NewBag, id=bag_id, office=first.office, **values)


async def _show(
    request: Request, session: ReadSession, staff: Staff, page: Page[Bag] | None, form: Form,
    status: int = 200,
) -> Response:  # fmt: skip
    waiting = await records.list_page(session, till, staff, None, _MAX_TILLS, status=Status.BALANCED)
    names = {row.id: row.name for row in await records.list_page(session, counter_office, staff, None, 100)}
    context: dict[str, Any] = {
        "page": page,
        "waiting": waiting,
        "names": names,
        "labels": labels,
        "label_staff": label_staff,
    }
    return render(request, staff, "counter-bags.html", status, form=form, **context)
