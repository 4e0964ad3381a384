"""Write receipts with their lines, cheques, postings and events: a statement for all of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids, outbox
from chassis.database import Session
from chassis.outbox import Event
from chassis.problems import conflict
from chassis.web.sign_in import Staff
from payments import events
from payments.cash_office.actions import records
from payments.cash_office.rules.numbers import make_number
from payments.cash_office.rules.postings import post_receipt
from payments.cash_office.schemas.values import Cheque
from payments.cash_office.store import receipts as store
from payments.cash_office.tables import counter_receipt
from payments.funds.actions import baskets
from payments.funds.rules.baskets import Line
from payments.ledger.actions import postings
from payments.ledger.rules import Account, Kind, Transaction
from payments.payments.rules.postings import LineAmounts
from payments.shared.retention import find_payer_end

_RECEIPT = ("id", "till", "e_return", "office", "kind", "method", "amount", "tendered", "taken_on")
_LINE = (
    "is_suspense", "ledger_code", "reference", "vat_treatment", "basis_points", "amount", "vat", "narrative",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewTaking:
    """Money of one payer, and the account where it is."""

    id: UUID
    till: UUID | None
    e_return: UUID | None
    office: UUID
    kind: str
    method: str
    place: Account
    taken_on: date
    tendered: int | None
    metadata: Mapping[str, Any]
    lines: Sequence[Line]
    cheque: Cheque | None

    @property
    def amount(self) -> int:
        """Return what was paid, in pence."""
        return sum(line.amount for line in self.lines)


async def write(session: Session, staff: Staff, takings: Sequence[NewTaking]) -> list[str]:
    """Write and post receipts; return their numbers. Raises Problem 409 for an id that is taken."""
    serials = await store.draw_serials(session, len(takings))
    numbers = [make_number(serial) for serial in serials]
    for taking, number in zip(takings, numbers, strict=True):
        if not await records.add(session, counter_receipt, staff, _to_row(staff, taking, number)):
            raise conflict("id-taken", "There is a receipt with this id. Load the page again.")
    await store.insert_lines(
        session,
        [
            _to_line_row(staff.council, taking.id, n, line)
            for taking in takings
            for n, line in enumerate(taking.lines, 1)
        ],
    )
    cheques = [
        {"council": staff.council, "receipt": taking.id, **taking.cheque.model_dump()}
        for taking in takings
        if taking.cheque
    ]
    await store.insert_cheques(session, cheques)
    await _post(session, staff, takings)
    return numbers


async def _post(session: Session, staff: Staff, takings: Sequence[NewTaking]) -> None:
    transactions = [
        Transaction(
            ids.new(),
            Kind.COUNTER,
            taking.id,
            taking.method,
            taking.taken_on,
            post_receipt(taking.place, taking.id, to_amounts(taking.lines)),
        )
        for taking in takings
    ]
    await postings.post(session, staff.council, staff.mode, transactions)
    for taking, transaction in zip(takings, transactions, strict=True):
        await publish(session, staff, taking, transaction.id, to_amounts(taking.lines), 1)


async def publish(
    session: Session,
    staff: Staff,
    receipt: NewTaking | Row[Any],
    transaction: UUID,
    lines: Sequence[LineAmounts],
    sign: int,
) -> None:
    """Publish each line of a transaction; ``sign`` -1: it is taken back."""
    codes = await baskets.find_codes(session, staff.council, {line.fund for line in lines})
    posted = [
        Event(
            events.ReceiptPosted(
                receipt=transaction,
                line=line.n,
                mode=staff.mode,
                fund=codes[line.fund],
                reference=line.reference,
                amount=sign * line.amount,
                taken_on=receipt.taken_on.isoformat(),
                method=receipt.method,
                metadata=dict(receipt.metadata),
            ),
            ids.show(transaction),
            line.n,
        )
        for line in lines
    ]
    await outbox.add_all(session, posted, council=staff.council)


def to_amounts(lines: Sequence[Line]) -> list[LineAmounts]:
    """Read what is posted of the lines of a basket."""
    return [
        LineAmounts(
            n,
            line.fund_id,
            line.is_suspense,
            line.ledger_code,
            line.reference,
            line.vat_code_id,
            line.amount,
            line.vat,
        )
        for n, line in enumerate(lines, 1)
    ]


def read_amounts(rows: Sequence[Row[Any]]) -> list[LineAmounts]:
    """Read what was posted of the lines of a receipt."""
    return [
        LineAmounts(
            row.n,
            row.fund,
            row.is_suspense,
            row.ledger_code,
            row.reference,
            row.vat_code,
            row.amount,
            row.vat,
        )
        for row in rows
    ]


def _to_row(staff: Staff, taking: NewTaking, number: str) -> dict[str, Any]:
    months = [line.retention_months for line in taking.lines]
    return {
        **{name: getattr(taking, name) for name in _RECEIPT},
        "number": number,
        "metadata": dict(taking.metadata),
        "status": "posted",
        "created_by": staff.subject,
        "created_at": clock.now(),
        "erase_on": find_payer_end(taking.taken_on, months),
    }


def _to_line_row(council: str, receipt: UUID, n: int, line: Line) -> dict[str, Any]:
    return {
        "council": council,
        "receipt": receipt,
        "n": n,
        "fund": line.fund_id,
        "vat_code": line.vat_code_id,
        **{name: getattr(line, name) for name in _LINE},
        "refunded": 0,
        "refunded_vat": 0,
        "moved": 0,
        "moved_vat": 0,
    }
