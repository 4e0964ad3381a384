"""Bank tills in a bag, and what of it the bank has not shown yet."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import ReadSession, Session
from chassis.jobs import JobData, enqueue
from chassis.problems import Problem, conflict, not_found
from chassis.web.sign_in import Staff
from payments.cash_office.actions import offices, records
from payments.cash_office.rules.postings import CASH, CHEQUE, post_banking, transit_account
from payments.cash_office.rules.tills import Status
from payments.cash_office.schemas.bags import Bag, NewBag
from payments.cash_office.store import bags as store
from payments.cash_office.tables import bag
from payments.funds.actions import payment_methods
from payments.ledger.actions import balances, postings
from payments.ledger.rules import Kind, Role, Transaction
from payments.shared.days import today

MAX_WAITING = 10
DEPOSIT, RETURNED_CHEQUE = "deposit", "returned-cheque"


class MatchBag(JobData):
    """Match a bag with the lines of the bank's statements, which may have come before it was recorded."""

    kind: ClassVar[str] = "payments.match_bag"
    mode: str
    amount: int


async def bank(session: Session, staff: Staff, body: NewBag) -> None:
    """Bank tills whole: their money is on its way. Sent again with its id it is one bag.

    Raises Problem 403, 404, 409, 422.
    """
    records.require_person(staff)
    office = await offices.get_open(session, staff, body.office)
    tills = await store.lock_tills(session, staff.council, staff.mode, body.tills)
    if await _is_repeated(session, staff, body):
        return
    cash = _check_tills(body, tills)
    cheques = sum(row.counted_cheques for row in tills)
    total_cash = sum(amount for _, amount in cash)
    if total_cash < 0 or total_cash + cheques <= 0:
        raise Problem(422, "nothing-to-bank", "There is no money in these tills to bank.", field="tills")
    await add(session, staff, body, DEPOSIT, office.id, total_cash, cheques)
    await store.bank_tills(session, staff.council, body.tills, bag=body.id, by=staff.subject, at=clock.now())
    legs = post_banking(body.id, office.id, cash, cheques)
    method = await payment_methods.find_code(session, staff.council, CASH if total_cash else CHEQUE)
    transaction = Transaction(
        ids.new(), Kind.BANKING, body.id, method, today(), legs, value_date=body.banked_on
    )
    await postings.post(session, staff.council, staff.mode, [transaction])


async def add(
    session: Session, staff: Staff, body: Any, kind: str, office: UUID, cash: int, cheques: int
) -> None:
    """Add a bag or a returned cheque, and look for it at the bank. ``body``: id, number, banked_on.

    Raises Problem 409, 422.
    """
    if body.banked_on > today():
        raise Problem(422, "day-to-come", "This day is still to come.", field="banked_on")
    values = {
        "id": body.id,
        "office": office,
        "kind": kind,
        "number": body.number,
        "cash": cash,
        "cheques": cheques,
        "banked_on": body.banked_on,
        "created_by": staff.subject,
        "created_at": clock.now(),
    }
    if not await records.add(session, bag, staff, values):
        detail = f"{body.number} has been used by this office. Look at the paying-in slip."
        raise conflict("number-used", detail)
    await records.record(session, staff, f"{kind}-recorded", bag, body.id, cash=cash, cheques=cheques)
    await enqueue(session, MatchBag(mode=staff.mode, amount=cash + cheques), council=staff.council)


async def read(session: ReadSession, staff: Staff, bag_id: UUID) -> Bag:
    """Read a bag. Raises Problem 404."""
    row = await records.get(session, bag, staff, bag_id)
    return (await show_all(session, staff, [row]))[0]


async def show_all(session: ReadSession, staff: Staff, rows: Sequence[Row[Any]]) -> list[Bag]:
    """Show bags as the API does, with what is in transit of each."""
    codes = [transit_account(row.id).code for row in rows]
    sums = await balances.read_balances(session, staff.council, staff.mode, Role.TRANSIT, codes)
    return [
        Bag.model_validate(
            {**row._asdict(), "amount": row.cash + row.cheques, "in_transit": sums.get(code, 0)}
        )
        for row, code in zip(rows, codes, strict=True)
    ]


async def list_of_sizes(
    session: ReadSession, council: str, mode: str, sizes: Collection[int]
) -> Sequence[Row[Any]]:
    """List bags and returned cheques of these sizes (amounts without sign)."""
    return await store.list_of_sizes(session, council, mode, sizes)


async def list_waiting(session: ReadSession, council: str, mode: str, day: date) -> Sequence[Row[Any]]:
    """List what keeps a day from being closed: tills that are not balanced; ten at most."""
    return await store.list_waiting(session, council, mode, day, MAX_WAITING)


async def count_open(
    session: ReadSession, council: str, mode: str, day: date, before: date
) -> Sequence[Row[Any]]:
    """Count by kind what stands open; what was banked before a day, and is in transit still, is late."""
    return await store.count_open(session, council, mode, day, before)


async def _is_repeated(session: Session, staff: Staff, body: NewBag) -> bool:
    earlier = await records.find(session, bag, staff, body.id)
    if earlier is None:
        return False
    if earlier.number == body.number and earlier.created_by == staff.subject:
        return True
    raise conflict("id-taken", "There is a bag with this id. Load the page again.")


def _check_tills(body: NewBag, rows: Sequence[Row[Any]]) -> list[tuple[UUID, int]]:
    """Check that tills may be banked together; return the cash of each without its float.

    Raises Problem 404, 409, 422.
    """
    if len(rows) != len(set(body.tills)):
        raise not_found("till")
    if any(row.office != body.office for row in rows):
        raise Problem(422, "other-office", "A bag has tills of one office.", field="tills")
    if waiting := [row for row in rows if row.status != Status.BALANCED]:
        detail = f"A till that is {waiting[0].status} cannot be banked. Nothing was changed."
        raise conflict("till-not-balanced", detail)
    return [(row.id, row.counted_cash - row.opening_float) for row in rows]
