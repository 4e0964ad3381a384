"""Import a payout: match its lines, post it, write what it settles and what matches nothing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import Session
from payments.direct_debit.actions import provider_reads as direct_debits
from payments.funds.actions import baskets
from payments.gateway_accounts.actions.accounts import GatewayAccount
from payments.ledger.actions import closed_days, postings
from payments.ledger.rules import Kind, Transaction
from payments.payments.actions import settlements as payments
from payments.payments.actions.settlements import SettledPayment
from payments.processors.rules import Settlement, SettlementLine
from payments.reconciliation.actions import bank_matches, exceptions
from payments.reconciliation.actions.matches import match
from payments.reconciliation.rules.collection_matching import RETURNS
from payments.reconciliation.rules.matching import GBP, ExceptionKind, LineMatch, Rule
from payments.reconciliation.rules.postings import MAX_ITEMS, Merchant, post_settlement
from payments.reconciliation.store import settlements as store
from payments.shared.days import today


async def import_settlement(
    session: Session,
    council: str,
    account: GatewayAccount,
    settlement: Settlement,
    lines: Sequence[SettlementLine],
) -> UUID:
    """Import a card processor's payout with all its lines, once. Returns the settlement's id."""
    return await import_payout(session, council, to_merchant(account), settlement, lines)


def to_merchant(account: GatewayAccount) -> Merchant:
    """Make the merchant that a gateway account is."""
    return Merchant(account.id, account.mode, account.settings.method)


async def import_payout(
    session: Session,
    council: str,
    merchant: Merchant,
    settlement: Settlement,
    lines: Sequence[SettlementLine],
) -> UUID:
    """Import a payout with all its lines, once: a second time changes nothing but that it was reversed.

    Returns the settlement's id.
    """
    await closed_days.lock_imports(session, council, merchant.mode)
    row = await store.find_settlement(session, council, merchant.id, settlement.provider_id)
    if row is not None:
        await note_reversal(session, row, settlement)
        return UUID(str(row.id))
    settlement_id = ids.new()
    matches = await match(session, council, merchant, lines, settlement.arrival_on)
    if is_foreign(settlement, lines):
        matches = [replace(unmatched, rule=None, exception=None) for unmatched in matches]
        await _insert(session, council, merchant, settlement_id, settlement, matches, {})
        await exceptions.open_one(
            session, council, merchant.mode, settlement_id, ExceptionKind.WRONG_CURRENCY, settlement.amount
        )
        return settlement_id
    items = _name_items(settlement_id, matches)
    await _insert(session, council, merchant, settlement_id, settlement, matches, items)
    await _post(session, council, merchant, settlement_id, settlement, matches, items)
    await _settle(session, council, settlement, matches)
    await exceptions.open_exceptions(session, council, merchant, settlement_id, settlement, matches)
    await _read_returns(session, council, merchant, matches)
    await bank_matches.match_amounts(session, council, merchant.mode, {abs(settlement.amount)})
    return settlement_id


def is_foreign(settlement: Settlement, lines: Sequence[SettlementLine]) -> bool:
    """Check whether anything of a payout is in another currency: then nothing of it is posted."""
    return {settlement.currency, *(line.currency for line in lines)} != {GBP}


async def note_reversal(session: Session, row: Row[Any], settlement: Settlement) -> None:
    """Write that the bank sent a payout back."""
    if settlement.is_reversed and await store.reverse_settlement(session, row.council, row.id):
        await exceptions.open_one(session, row.council, row.mode, row.id, ExceptionKind.REVERSED, row.amount)
        await bank_matches.match_amounts(session, row.council, row.mode, {abs(row.amount)})


def _name_items(settlement_id: UUID, matches: Sequence[LineMatch]) -> dict[int, UUID]:
    """Give each line without a match its item of suspense. Too many share one, the settlement's.

    So do the lines of other integrations. What is paid twice belongs to the payment, whichever of its lines
    came first.
    """
    places = [place for place, match in enumerate(matches) if match.rule is None]
    if len(places) > MAX_ITEMS:
        return dict.fromkeys(places, settlement_id)
    return {place: _name_item(settlement_id, matches[place]) for place in places}


def _name_item(settlement_id: UUID, match: LineMatch) -> UUID:
    if match.is_of_others:
        return settlement_id
    is_twice = match.exception is ExceptionKind.CAPTURED_TWICE
    return (match.subject if is_twice else None) or ids.new()


async def _insert(
    session: Session,
    council: str,
    merchant: Merchant,
    settlement_id: UUID,
    settlement: Settlement,
    matches: Sequence[LineMatch],
    items: dict[int, UUID],
) -> None:
    row = {
        "council": council,
        "id": settlement_id,
        "mode": merchant.mode,
        "account": None if merchant.is_service_user else merchant.id,
        "service_user": merchant.id if merchant.is_service_user else None,
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
            "collection": match.collection,
            "rule": match.rule,
            "item": items.get(place),
        }
        for place, match in enumerate(matches)
    ]
    await store.insert_settlement(session, row, lines)


async def _post(
    session: Session,
    council: str,
    merchant: Merchant,
    settlement_id: UUID,
    settlement: Settlement,
    matches: Sequence[LineMatch],
    items: dict[int, UUID],
) -> None:
    day = today()
    _, suspense = await baskets.read_chart_with_suspense(session, council, day)
    legs = post_settlement(merchant, settlement.amount, matches, items, suspense)
    if not legs:
        return
    transaction = Transaction(
        id=ids.new(),
        kind=Kind.SETTLEMENT,
        cause=settlement_id,
        method=merchant.method,
        taken_on=day,
        postings=legs,
        value_date=settlement.arrival_on,
    )
    await postings.post(session, council, merchant.mode, [transaction])


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


async def _read_returns(
    session: Session, council: str, merchant: Merchant, matches: Sequence[LineMatch]
) -> None:
    """Read the Direct Debits that the provider took back and of which we have not heard."""
    returned = [
        match.line.authorisation or ""
        for match in matches
        if match.line.kind in RETURNS and match.rule is None and match.collection is not None
    ]
    await direct_debits.begin_reads(session, council, merchant.id, returned)
