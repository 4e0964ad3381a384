"""Post an e-return when somebody else authorises it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import Session
from chassis.etags import Precondition
from chassis.web.sign_in import Staff
from payments.cash_office.actions import bags, records
from payments.cash_office.actions.receipt_postings import NewTaking, write
from payments.cash_office.rules.postings import CASH, transit_account
from payments.cash_office.schemas.values import Cheque
from payments.e_returns.actions import e_returns
from payments.e_returns.rules import Status
from payments.e_returns.tables import e_return, e_return_template
from payments.funds.actions import payment_methods
from payments.funds.rules.baskets import Line
from payments.ledger.actions import closed_days
from payments.shared.days import today


@dataclass(frozen=True, slots=True)
class _Deposit:
    """The bag in which a service banked it."""

    id: UUID
    number: str
    banked_on: date


async def authorise(
    session: Session, staff: Staff, e_return_id: UUID, precondition: Precondition | None = None
) -> None:
    """Post an e-return of somebody else: its bag is on its way to the bank.

    Cash is one receipt, and each cheque has its own, so that it can be returned. Raises Problem 403, 404,
    409, 422.
    """
    row = await e_returns.lock_to_check(session, staff, e_return_id, Status.AUTHORISED, precondition)
    template = await records.get(session, e_return_template, staff, row.template)
    body = e_returns.read_content(row)
    basket = await e_returns.resolve(session, staff, template, body)
    deposit = _Deposit(ids.new(), row.bag_number, row.banked_on)
    await closed_days.lock_imports(session, staff.council, staff.mode)  # no day is closed meanwhile
    is_cash = row.kind == CASH
    cash, cheques = (row.amount, 0) if is_cash else (0, row.amount)
    await bags.add(session, staff, deposit, bags.DEPOSIT, row.office, cash, cheques)
    day = await _pick_day(session, staff, row.banked_on)
    method = await payment_methods.find_code(session, staff.council, row.kind)
    groups: list[tuple[Sequence[Line], Cheque | None]] = (
        [(basket.lines, None)]
        if is_cash
        else [((line,), entry.cheque) for line, entry in zip(basket.lines, body.lines, strict=True)]
    )
    takings = [_to_taking(row, deposit.id, day, method, lines, cheque) for lines, cheque in groups]
    await write(session, staff, takings)
    checked = {"checked_by": staff.subject, "checked_at": clock.now(), "bag": deposit.id, "cheques": []}
    await records.change(session, e_return, staff, row, status=Status.AUTHORISED, **checked)
    await records.record(session, staff, "e-return-authorised", e_return, row.id, amount=row.amount)


def _to_taking(
    row: Row[Any], bag: UUID, day: date, method: str, lines: Sequence[Line], cheque: Cheque | None
) -> NewTaking:
    return NewTaking(
        id=ids.new(),
        till=None,
        e_return=row.id,
        office=row.office,
        kind=row.kind,
        method=method,
        place=transit_account(bag),
        taken_on=day,
        tendered=None,
        metadata={},
        lines=lines,
        cheque=cheque,
    )


async def _pick_day(session: Session, staff: Staff, banked_on: date) -> date:
    """Pick the day it is posted for: that of the bank, and today if that is closed."""
    last = await closed_days.find_last_day(session, staff.council, staff.mode)
    return today() if last is not None and banked_on <= last else banked_on
