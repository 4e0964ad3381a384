"""The places where money is taken."""

from fastapi import APIRouter, Response

from chassis import ids
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from payments.cash_office.actions import offices, records
from payments.cash_office.routes.access import BASE, CounterStaff, TakingsKeeper
from payments.cash_office.schemas.offices import NewOffice, Office, OfficeChange
from payments.cash_office.tables import counter_office

router = APIRouter(prefix=f"{BASE}/offices", tags=["counter takings"])


@router.post("", status_code=201, response_model=Office, responses={201: ETAG, **document_problems(409)})
async def create_counter_office(
    staff: TakingsKeeper, body: NewOffice, session: Writing, once: OnlyOnce
) -> Response:
    """Add an office of your credential's mode. You need `payments:finance`."""
    return await once.run(
        session,
        staff.caller,
        body,
        lambda: offices.create(session, staff, body),
        headers=lambda office: version_tag(office.version),
    )


@router.get("")
async def list_counter_offices(staff: CounterStaff, session: Reading, paging: Paging) -> Page[Office]:
    """List the offices, the newest first."""
    rows = await records.list_page(session, counter_office, staff, paging.start_id(), paging.fetch)
    return paging.page(rows, offices.show, lambda row: (ids.show(row.id),))


@router.get("/{office}", responses={200: ETAG, **document_problems(404)})
async def read_counter_office(
    staff: CounterStaff, office: ids.Id, session: Reading, response: Response
) -> Office:
    """Get an office."""
    record = offices.show(await records.get(session, counter_office, staff, office))
    response.headers.update(version_tag(record.version))
    return record


@router.patch("/{office}", responses={200: ETAG, **document_problems(404, 412, 428)})
async def change_counter_office(
    staff: TakingsKeeper,
    office: ids.Id,
    body: OfficeChange,
    session: Writing,
    response: Response,
    precondition: IfMatch,
) -> Office:
    """Change an office: what may be over or short, and what its VAT receipts say."""
    changed = await offices.change(session, staff, office, precondition, body)
    response.headers.update(version_tag(changed.version))
    return changed
