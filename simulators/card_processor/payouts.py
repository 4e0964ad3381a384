"""Payouts: the balance paid to the merchant's bank, the lines of each, and what the bank shows of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulators.card_processor import balance, clock
from simulators.card_processor.database import Record
from simulators.card_processor.errors import ApiError
from simulators.card_processor.session import AccountSession
from simulators.card_processor.settlement_faults import FOREIGN, SettlementFault, apply_to_lines
from simulators.card_processor.webhooks import announce

KIND = "payout"
BANK_LINE = "bank_line"


@dataclass(frozen=True, slots=True)
class PayoutRequest:
    """What to pay out: all that is unpaid, or the oldest ``lines`` of it (a partial settlement)."""

    lines: int | None = None
    faults: Sequence[SettlementFault] = ()


def make_payout(session: AccountSession, request: PayoutRequest) -> Record:
    """Pay out what is unpaid, with these faults. Raises ApiError if there is nothing to pay."""
    unpaid = session.list_children(balance.KIND, balance.UNPAID)[: request.lines]
    lines = apply_to_lines(session, unpaid, request.faults)
    if not lines:
        raise ApiError(409, "nothing_to_pay", "No line is left for this payout")
    kinds = {fault.kind for fault in request.faults}
    currency = FOREIGN if "wrong_currency" in kinds else "GBP"
    record_id = session.new_id("po")
    for line in lines:
        session.move(balance.KIND, line | {"payout": record_id, "currency": currency}, record_id)
    short = sum(fault.pence for fault in request.faults if fault.kind == "payout_short")
    record = {
        "id": record_id,
        "amount": sum(line["net"] for line in lines) - short,
        "currency": currency,
        "status": "paid",
        "lines": len(lines),
        "reference": f"SIM {record_id[3:15].upper()}",
        "created_at": session.now,
        "arrival_date": _arrival(session),
        "reversed_at": None,
    }
    session.add(KIND, record)
    for _ in range(_count_bank_lines(kinds)):
        _add_bank_line(session, record, record["amount"])
    announce(session, "payout.paid", record)
    return reverse_payout(session, record) if "reversed" in kinds else record


def _count_bank_lines(kinds: set[str]) -> int:
    """Return how often the bank shows a payout."""
    if "bank_missing" in kinds:
        return 0
    return 2 if "bank_twice" in kinds else 1


def _arrival(session: AccountSession) -> str:
    return clock.add_working_days(session.now, session.account.settings["payout_days"]).isoformat()


def _add_bank_line(session: AccountSession, payout: Record, amount: int) -> None:
    """Book an amount on the merchant's bank account; a payout below zero is a debit."""
    line = {
        "id": session.new_id("bank"),
        "payout": payout["id"],
        "booked_on": _arrival(session),
        "amount": amount,
        "currency": payout["currency"],
        "reference": payout["reference"],
    }
    session.add(BANK_LINE, line, payout["id"])


def reverse_payout(session: AccountSession, record: Record) -> Record:
    """Take a payout back, as a bank does that knows no such account. The next one pays it again.

    Raises ApiError if it was reversed before.
    """
    if record["status"] != "paid":
        raise ApiError(409, "payout_reversed", f"The payout is {record['status']}")
    record |= {"status": "reversed", "reversed_at": session.now}
    session.save(KIND, record)
    if session.list_children(BANK_LINE, record["id"]):
        _add_bank_line(session, record, -record["amount"])
    balance.add_line(session, "payout_reversal", record["amount"], source=record["id"])
    announce(session, "payout.reversed", record)
    return record
