"""Receipts at the counter."""

from fastapi import APIRouter, Response

from chassis import ids
from chassis.database import Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from payments.cash_office.actions import receipts, records, reversals
from payments.cash_office.routes.access import BASE, CounterStaff
from payments.cash_office.schemas.receipts import NewReceipt, Receipt, ReturnedCheque
from payments.cash_office.schemas.values import Because
from payments.cash_office.tables import counter_receipt
from payments.cash_office.tables import till as tills

router = APIRouter(prefix=BASE, tags=["counter takings"])
_ONE = "/receipts/{receipt}"


@router.post(
    "/tills/{till}/receipts", status_code=201, response_model=Receipt,
    responses=document_problems(404, 409, 422),
)  # fmt: skip
async def post_counter_receipt(
    staff: CounterStaff, till: ids.Id, body: NewReceipt, session: Writing, once: OnlyOnce
) -> Response:
    """Take cash or a cheque on your till. It is posted to the ledger at once. Never a card."""

    async def post() -> Receipt:
        await receipts.post(session, staff, till, body)
        return await receipts.read(session, staff, body.id)

    return await once.run(session, staff.caller, body, post)


@router.get("/tills/{till}/receipts", responses=document_problems(404))
async def list_counter_receipts(
    staff: CounterStaff, till: ids.Id, session: Reading, paging: Paging
) -> Page[Receipt]:
    """List the receipts of a till, the newest first, without their lines."""
    await records.get(session, tills, staff, till)
    rows = await records.list_page(
        session, counter_receipt, staff, paging.start_id(), paging.fetch, till=till
    )
    return paging.page(rows, receipts.show, lambda row: (ids.show(row.id),))


@router.get(_ONE, responses=document_problems(404))
async def read_counter_receipt(staff: CounterStaff, receipt: ids.Id, session: Reading) -> Receipt:
    """Get a receipt with its lines and its cheque."""
    return await receipts.read(session, staff, receipt)


@router.post(f"{_ONE}/void", responses=document_problems(404, 409))
async def void_counter_receipt(
    staff: CounterStaff, receipt: ids.Id, body: Because, session: Writing
) -> Receipt:
    """Undo a receipt of your till while it is open: its postings are reversed."""
    await receipts.void(session, staff, receipt, body)
    return await receipts.read(session, staff, receipt)


@router.post(f"{_ONE}/cheque-return", responses=document_problems(404, 409, 422))
async def return_cheque(
    staff: CounterStaff, receipt: ids.Id, body: ReturnedCheque, session: Writing
) -> Receipt:
    """Record that the bank returned a cheque unpaid: what it paid is owed again."""
    await reversals.return_cheque(session, staff, receipt, body)
    return await receipts.read(session, staff, receipt)
