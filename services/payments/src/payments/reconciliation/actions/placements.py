"""Post new bank lines: on a payout or a bag, on the fund whose reference they bear, or in suspense."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids, outbox
from chassis.database import Session
from chassis.outbox import Event
from payments import events
from payments.bank_files.rules.statements import StatementLine
from payments.funds.actions import baskets
from payments.funds.rules.baskets import Line
from payments.ledger.actions import closed_days, postings
from payments.ledger.rules import Account, Kind, Posting, Role, Transaction
from payments.reconciliation.actions import bank_matches
from payments.reconciliation.rules.fund_references import ReferenceFinder
from payments.reconciliation.rules.matching import Rule
from payments.reconciliation.rules.postings import bank_leg, suspense_leg
from payments.reconciliation.store import bank_lines
from payments.shared.days import today

METHOD = "BC"  # bank credit
_BATCH = 500  # transactions that one statement posts


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line that was read, with its id and what it says it pays."""

    id: UUID
    line: StatementLine
    paid: Line | None


@dataclass(frozen=True, slots=True)
class Placing:
    """What the lines of an import have in common."""

    session: Session
    council: str
    mode: str
    suspense: UUID
    finder: ReferenceFinder
    last_closed: date | None

    def pick_day(self, booked_on: date) -> date:
        """Pick the day a line is posted for: that of the bank, and today if that is closed or to come."""
        is_closed = self.last_closed is not None and booked_on <= self.last_closed
        return today() if is_closed else min(booked_on, today())


async def begin(session: Session, council: str, mode: str) -> Placing:
    """Read the council's funds and closes for an import."""
    chart, suspense = await baskets.read_chart_with_suspense(session, council, today())
    last_closed = await closed_days.find_last_day(session, council, mode)
    return Placing(session, council, mode, suspense, ReferenceFinder(chart), last_closed)


async def place_lines(
    placing: Placing, account: Row[Any], statement: UUID, lines: Sequence[StatementLine]
) -> None:
    """Write and post the lines of a new statement."""
    new = [
        NewLine(ids.new(), line, placing.finder.find_line(line.amount, line.reference, line.text))
        for line in lines
    ]
    await bank_lines.insert_lines(
        placing.session, [_to_row(placing, account, statement, n, item) for n, item in enumerate(new, 1)]
    )
    matched = await bank_matches.match_amounts(
        placing.session,
        placing.council,
        placing.mode,
        {abs(line.amount) for line in lines},
        {item.id for item in new},
    )
    await _post(placing, account.id, new, matched)


def _to_row(
    placing: Placing, account: Row[Any], statement: UUID, number: int, item: NewLine
) -> dict[str, Any]:
    return {
        "council": placing.council,
        "id": item.id,
        "mode": placing.mode,
        "account": account.id,
        "statement": statement,
        "n": number,
        "file_line": item.line.file_line,
        "amount": item.line.amount,
        "booked_on": item.line.booked_on,
        "value_on": item.line.value_on,
        "reference": item.line.reference,
        "text": item.line.text,
        "is_for_payouts": account.receives_payouts,
        "has_fund_reference": item.paid is not None,
        "settlement": None,
        "rule": Rule.FUND_REFERENCE if item.paid else None,
        "match": None,
        "bag": None,
    }


async def _post(
    placing: Placing, bank_account: UUID, new: Sequence[NewLine], matched: Mapping[UUID, Posting]
) -> None:
    transactions = []
    receipts = []
    for item in new:
        if not item.line.amount:
            continue
        leg = matched.get(item.id)
        transaction = Transaction(
            id=ids.new(),
            kind=Kind.BANK_LINE,
            cause=item.id,
            method=METHOD,
            taken_on=placing.pick_day(item.line.booked_on),
            postings=[bank_leg(bank_account, item.line.amount), *_find_place(placing, item, leg)],
            value_date=item.line.value_on,
        )
        transactions.append(transaction)
        if item.paid is not None and leg is None:
            receipts.append((transaction, item.paid))
    for start in range(0, len(transactions), _BATCH):
        batch = transactions[start : start + _BATCH]
        await postings.post(placing.session, placing.council, placing.mode, batch)
    await outbox.add_all(
        placing.session, [_to_event(placing.mode, *receipt) for receipt in receipts], council=placing.council
    )


def _find_place(placing: Placing, item: NewLine, matched: Posting | None) -> list[Posting]:
    if matched is not None:
        return [matched]
    if item.paid is None:
        return [suspense_leg(item.id, placing.suspense, item.line.amount, item.line.reference)]
    paid = item.paid
    fund = Account(Role.FUND, paid.ledger_code, paid.fund_id)
    legs = [
        Posting(fund, paid.vat - paid.amount, 1, paid.reference),
        Posting(Account(Role.VAT, str(paid.vat_code_id)), -paid.vat, 1),
    ]
    return [leg for leg in legs if leg.amount]


def _to_event(mode: str, transaction: Transaction, paid: Line) -> Event:
    data = events.ReceiptPosted(
        receipt=transaction.id,
        line=1,
        mode=mode,
        fund=paid.fund_code,
        reference=paid.reference,
        amount=paid.amount,
        taken_on=transaction.taken_on.isoformat(),
        method=METHOD,
    )
    return Event(data, ids.show(transaction.id), 1)
