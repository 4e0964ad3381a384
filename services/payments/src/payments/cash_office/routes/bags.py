"""Bags on their way to the bank."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from chassis import ids
from chassis.database import Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from payments.cash_office.actions import bags, records
from payments.cash_office.routes.access import BASE, CounterStaff
from payments.cash_office.schemas.bags import Bag, NewBag
from payments.cash_office.tables import bag as table

router = APIRouter(prefix=f"{BASE}/bags", tags=["counter takings"])
OfKind = Annotated[Literal["deposit", "returned-cheque"] | None, Query(description="Only those of this kind")]


@router.post("", status_code=201, response_model=Bag, responses=document_problems(404, 409, 422))
async def bank_tills(staff: CounterStaff, body: NewBag, session: Writing, once: OnlyOnce) -> Response:
    """Bank balanced tills of an office, whole. The bank's line is matched by the paying-in number."""

    async def bank() -> Bag:
        await bags.bank(session, staff, body)
        return await bags.read(session, staff, body.id)

    return await once.run(session, staff.caller, body, bank)


@router.get("")
async def list_bags(staff: CounterStaff, session: Reading, paging: Paging, kind: OfKind = None) -> Page[Bag]:
    """List bags and returned cheques, the newest first, with what the bank has not shown yet."""
    rows = await records.list_page(session, table, staff, paging.start_id(), paging.fetch, kind=kind)
    bags_by_id = {bag.id: bag for bag in await bags.show_all(session, staff, rows)}
    return paging.page(rows, lambda row: bags_by_id[row.id], lambda row: (ids.show(row.id),))


@router.get("/{bag}", responses=document_problems(404))
async def read_bag(staff: CounterStaff, bag: ids.Id, session: Reading) -> Bag:
    """Get a bag."""
    return await bags.read(session, staff, bag)
