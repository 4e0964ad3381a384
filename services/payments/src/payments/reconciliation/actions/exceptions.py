"""What of a payout does not match, and what came late."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.database import Session
from payments.finance_settings import actions as settings
from payments.processors.rules import Settlement
from payments.reconciliation.rules.matching import ExceptionKind, LineMatch, Rule
from payments.reconciliation.rules.postings import Merchant
from payments.reconciliation.store import exceptions as store
from payments.shared.working_days import count_working_days

LONDON = ZoneInfo("Europe/London")
MISSING = (ExceptionKind.LATE, ExceptionKind.NOT_CAPTURED)


async def open_exceptions(
    session: Session,
    council: str,
    merchant: Merchant,
    settlement_id: UUID,
    settlement: Settlement,
    matches: Sequence[LineMatch],
) -> None:
    """Open an exception for each line that does not match, and one for all lines of other integrations."""
    new: list[dict[str, Any]] = [
        {
            "kind": match.exception,
            "settlement": settlement_id,
            "line": place + 1,
            "payment": match.payment,
            "collection": match.collection,
            "amount": match.line.amount,
        }
        for place, match in enumerate(matches)
        if match.exception is not None and not match.is_of_others
    ]
    others = [match.line.amount for match in matches if match.is_of_others]
    short = sum(match.line.net for match in matches) - settlement.amount
    whole = [
        (ExceptionKind.UNKNOWN_ID, sum(others), bool(others)),
        (ExceptionKind.PAYOUT_SHORT, short, short != 0),
        (ExceptionKind.REVERSED, settlement.amount, settlement.is_reversed),
    ]
    new += [
        {"kind": kind, "settlement": settlement_id, "amount": amount}
        for kind, amount, is_one in whole
        if is_one
    ]
    await store.open_exceptions(session, council, merchant.mode, new)
    await _note_late(session, council, merchant, settlement, matches)
    await _close_reversals(session, council, matches)


async def open_one(
    session: Session, council: str, mode: str, settlement_id: UUID, kind: ExceptionKind, amount: int
) -> None:
    """Open the exception of a payout."""
    new = [{"kind": kind, "settlement": settlement_id, "amount": amount}]
    await store.open_exceptions(session, council, mode, new)


async def _note_late(
    session: Session, council: str, merchant: Merchant, settlement: Settlement, matches: Sequence[LineMatch]
) -> None:
    """Close what was missing until now, and keep that it came late."""
    rules = {Rule.PAYMENT_ID, Rule.COLLECTION_ID}
    settled = {match.subject: match for match in matches if match.rule in rules and match.subject}
    if not settled:
        return
    name = "collection" if merchant.is_service_user else "payment"
    await store.close_of_subjects(session, council, name, list(settled), MISSING)
    days = (await settings.read(session, council)).days
    most = days.direct_debit if merchant.is_service_user else days.clearing
    paid_on = settlement.paid_at.astimezone(LONDON).date()
    late = [
        {"kind": ExceptionKind.LATE, name: subject, "amount": match.line.amount, "is_closed": True}
        for subject, match in settled.items()
        if is_late(match.captured_on, paid_on, most)
    ]
    await store.open_exceptions(session, council, merchant.mode, late)


def is_late(captured_on: date | None, paid_on: date, days: int) -> bool:
    """Check whether a payment was paid out later than it should be."""
    return captured_on is not None and count_working_days(captured_on, paid_on) > days


async def _close_reversals(session: Session, council: str, matches: Sequence[LineMatch]) -> None:
    """Close the exception of a payout that was sent back, once another one pays it again."""
    paid_again = [match.payout for match in matches if match.payout is not None]
    if paid_again:
        await store.close_of_settlements(session, council, paid_again, [ExceptionKind.REVERSED])
