"""Import a payout: match its lines, post it, write what it settles and what matches nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import Session
from payments.finance_settings import actions as settings
from payments.funds.actions import baskets
from payments.gateway_accounts.actions import GatewayAccount
from payments.ledger.actions import closed_days, postings
from payments.ledger.rules import Kind, Transaction
from payments.payments.actions import settlements as payments
from payments.payments.actions.settlements import SettledPayment
from payments.processors.rules import Settlement, SettlementLine
from payments.reconciliation.actions import bank_matches
from payments.reconciliation.actions.candidates import read_candidates
from payments.reconciliation.rules.matching import (
    GBP,
    ExceptionKind,
    LineMatch,
    Rule,
    match_lines,
)
from payments.reconciliation.rules.postings import MAX_ITEMS, post_settlement
from payments.reconciliation.rules.working_days import count_working_days
from payments.reconciliation.store import exceptions
from payments.reconciliation.store import settlements as store
from payments.shared.days import today

LONDON = ZoneInfo("Europe/London")
MISSING = (ExceptionKind.LATE, ExceptionKind.NOT_CAPTURED)


async def import_settlement(
    session: Session,
    council: str,
    account: GatewayAccount,
    settlement: Settlement,
    lines: Sequence[SettlementLine],
) -> UUID:
    """Import a payout with all its lines, once: a second time changes nothing but that it was reversed.

    Returns the settlement's id.
    """
    await closed_days.lock_imports(session, council, account.mode)
    row = await store.find_settlement(session, council, account.id, settlement.provider_id)
    if row is not None:
        await note_reversal(session, row, settlement)
        return UUID(str(row.id))
    settlement_id = ids.new()
    candidates = await read_candidates(session, council, account.id, lines)
    matches = match_lines(lines, candidates)
    if is_foreign(settlement, lines):
        matches = [replace(match, rule=None, exception=None) for match in matches]
        await _insert(session, council, account, settlement_id, settlement, matches, {})
        await _open(
            session, council, account.mode, settlement_id, ExceptionKind.WRONG_CURRENCY, settlement.amount
        )
        return settlement_id
    items = _name_items(settlement_id, matches)
    await _insert(session, council, account, settlement_id, settlement, matches, items)
    await _post(session, council, account, settlement_id, settlement, matches, items)
    await _settle(session, council, settlement, matches)
    await _open_exceptions(session, council, account.mode, settlement_id, settlement, matches)
    await _note_late(session, council, account.mode, settlement, matches)
    await _close_reversals(session, council, candidates.payouts, matches)
    await bank_matches.match_amounts(session, council, account.mode, {abs(settlement.amount)})
    return settlement_id


def is_foreign(settlement: Settlement, lines: Sequence[SettlementLine]) -> bool:
    """Check whether anything of a payout is in another currency: then nothing of it is posted."""
    return {settlement.currency, *(line.currency for line in lines)} != {GBP}


async def note_reversal(session: Session, row: Row[Any], settlement: Settlement) -> None:
    """Write that the bank sent a candidates payout back."""
    if settlement.is_reversed and await store.reverse_settlement(session, row.council, row.id):
        await _open(session, row.council, row.mode, row.id, ExceptionKind.REVERSED, row.amount)
        await bank_matches.match_amounts(session, row.council, row.mode, {abs(row.amount)})


def _name_items(settlement_id: UUID, matches: Sequence[LineMatch]) -> dict[int, UUID]:
    """Give each line without a match its item of suspense. Too many share one, the settlement's.

    What is paid twice belongs to the payment, whichever of its lines came first.
    """
    places = [place for place, match in enumerate(matches) if match.rule is None]
    if len(places) > MAX_ITEMS:
        return dict.fromkeys(places, settlement_id)
    return {
        place: matches[place].payment or ids.new()
        if matches[place].exception is ExceptionKind.CAPTURED_TWICE
        else ids.new()
        for place in places
    }


async def _insert(
    session: Session,
    council: str,
    account: GatewayAccount,
    settlement_id: UUID,
    settlement: Settlement,
    matches: Sequence[LineMatch],
    items: dict[int, UUID],
) -> None:
    row = {
        "council": council,
        "id": settlement_id,
        "mode": account.mode,
        "account": account.id,
        "provider_id": settlement.provider_id,
        "reference": settlement.reference,
        "amount": settlement.amount,
        "currency": settlement.currency,
        "is_reversed": settlement.is_reversed,
        "lines": len(matches),
        "gross": sum(match.line.amount for match in matches),
        "fee": sum(match.line.fee for match in matches),
        "paid_at": settlement.paid_at,
        "arrival_on": settlement.arrival_on,
        "imported_at": clock.now(),
    }
    lines = [
        {
            "n": place + 1,
            "provider_id": match.line.provider_id,
            "kind": match.line.kind,
            "amount": match.line.amount,
            "fee": match.line.fee,
            "currency": match.line.currency,
            "authorisation": match.line.authorisation,
            "source": match.line.source,
            "payment": match.payment,
            "refund": match.refund,
            "rule": match.rule,
            "item": items.get(place),
        }
        for place, match in enumerate(matches)
    ]
    await store.insert_settlement(session, row, lines)


async def _post(
    session: Session,
    council: str,
    account: GatewayAccount,
    settlement_id: UUID,
    settlement: Settlement,
    matches: Sequence[LineMatch],
    items: dict[int, UUID],
) -> None:
    day = today()
    _, suspense = await baskets.read_chart_with_suspense(session, council, day)
    legs = post_settlement(account.id, settlement.amount, matches, items, suspense)
    if not legs:
        return
    transaction = Transaction(
        id=ids.new(),
        kind=Kind.SETTLEMENT,
        cause=settlement_id,
        method=account.settings.method,
        taken_on=day,
        postings=legs,
        value_date=settlement.arrival_on,
    )
    await postings.post(session, council, account.mode, [transaction])


async def _settle(
    session: Session, council: str, settlement: Settlement, matches: Sequence[LineMatch]
) -> None:
    """Write on payments and refunds when they were settled."""
    settled = [
        SettledPayment(match.payment, settlement.arrival_on, match.line.fee)
        for match in matches
        if match.rule is Rule.PAYMENT_ID and match.payment
    ]
    await payments.settle_payments(session, council, settled)
    refunds = [match.refund for match in matches if match.rule is Rule.REFUND_ID and match.refund]
    await payments.settle_refunds(session, council, refunds, settlement.arrival_on)


async def _open_exceptions(
    session: Session,
    council: str,
    mode: str,
    settlement_id: UUID,
    settlement: Settlement,
    matches: Sequence[LineMatch],
) -> None:
    new: list[dict[str, Any]] = [
        {
            "kind": match.exception,
            "settlement": settlement_id,
            "line": place + 1,
            "payment": match.payment,
            "amount": match.line.amount,
        }
        for place, match in enumerate(matches)
        if match.exception is not None
    ]
    short = sum(match.line.net for match in matches) - settlement.amount
    if short:
        new.append({"kind": ExceptionKind.PAYOUT_SHORT, "settlement": settlement_id, "amount": short})
    if settlement.is_reversed:
        reversal = {"settlement": settlement_id, "amount": settlement.amount}
        new.append({"kind": ExceptionKind.REVERSED, **reversal})
    await exceptions.open_exceptions(session, council, mode, new)


async def _note_late(
    session: Session, council: str, mode: str, settlement: Settlement, matches: Sequence[LineMatch]
) -> None:
    """Close what was missing until now, and keep that it came late."""
    settled = {match.payment: match for match in matches if match.rule is Rule.PAYMENT_ID}
    if not settled:
        return
    payment_ids = [payment for payment in settled if payment]
    await exceptions.close_of_payments(session, council, payment_ids, MISSING)
    days = (await settings.read(session, council)).days.clearing
    paid_on = settlement.paid_at.astimezone(LONDON).date()
    late = [
        {"kind": ExceptionKind.LATE, "payment": payment, "amount": match.line.amount, "is_closed": True}
        for payment, match in settled.items()
        if is_late(match.captured_on, paid_on, days)
    ]
    await exceptions.open_exceptions(session, council, mode, late)


def is_late(captured_on: date | None, paid_on: date, days: int) -> bool:
    """Check whether a payment was paid out later than it should be."""
    return captured_on is not None and count_working_days(captured_on, paid_on) > days


async def _close_reversals(
    session: Session, council: str, payouts: Mapping[str, UUID], matches: Sequence[LineMatch]
) -> None:
    """Close the exception of a payout that was sent back, once another one pays it again."""
    sources = [match.line.source for match in matches if match.rule is Rule.PAYOUT_ID]
    paid_again = [payouts[source] for source in sources if source]
    if paid_again:
        await exceptions.close_of_settlements(session, council, paid_again, [ExceptionKind.REVERSED])


async def _open(
    session: Session, council: str, mode: str, settlement_id: UUID, kind: ExceptionKind, amount: int
) -> None:
    new = [{"kind": kind, "settlement": settlement_id, "amount": amount}]
    await exceptions.open_exceptions(session, council, mode, new)
