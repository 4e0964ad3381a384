"""Match settlement lines at last: the capture or refund was confirmed after the payout came."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import Session
from payments.funds.actions import baskets
from payments.ledger.actions import postings
from payments.ledger.rules import Kind, Transaction
from payments.payments.actions import settlements as payments
from payments.payments.actions.settlements import SettledPayment
from payments.processors.rules import SettlementKind, SettlementLine
from payments.reconciliation.actions.candidates import read_candidates
from payments.reconciliation.rules.matching import ExceptionKind, LineMatch, Rule
from payments.reconciliation.rules.matching import match_lines as match
from payments.reconciliation.rules.postings import post_late_match
from payments.reconciliation.store import exceptions
from payments.reconciliation.store import settlements as store
from payments.shared.days import today

_BATCH = 500
_JOURNAL = "JN"
_MATCHED = {Rule.PAYMENT_ID, Rule.REFUND_ID}
_KINDS = (ExceptionKind.UNKNOWN_ID, ExceptionKind.NOT_CAPTURED)


async def match_lines(session: Session, council: str, mode: str) -> None:
    """Match the lines of open exceptions anew, account by account. The caller holds the lock."""
    after = (UUID(int=0), 0)
    while rows := await store.list_unmatched(session, council, mode, after, _BATCH):
        for account in sorted({row.account for row in rows}):
            of_account = [row for row in rows if row.account == account]
            await _match(session, council, mode, account, of_account)
        after = (rows[-1].settlement, rows[-1].n)


async def _match(session: Session, council: str, mode: str, account: UUID, rows: Sequence[Row[Any]]) -> None:
    lines = [_to_line(row) for row in rows]
    candidates = await read_candidates(session, council, account, lines)
    for row, line_match in zip(rows, match(lines, candidates), strict=True):
        if line_match.rule in _MATCHED:
            await _move(session, council, mode, row, line_match)


async def _move(session: Session, council: str, mode: str, row: Row[Any], line_match: LineMatch) -> None:
    """Take the amount out of suspense, against clearing; settle the payment or refund."""
    _, suspense = await baskets.read_chart_with_suspense(session, council, today())
    transaction = Transaction(
        id=ids.new(),
        kind=Kind.TRANSFER,
        cause=ids.new(),
        method=_JOURNAL,
        taken_on=today(),
        postings=post_late_match(row.account, row.item, suspense, row.amount),
        value_date=row.arrival_on,
    )
    await postings.post(session, council, mode, [transaction])
    values = {"payment": line_match.payment, "refund": line_match.refund, "rule": line_match.rule}
    await store.match_line(session, council, {"settlement": row.settlement, "n": row.n, **values})
    await exceptions.close_of_line(session, council, row.settlement, row.n, _KINDS)
    if line_match.refund is not None:
        await payments.settle_refunds(session, council, [line_match.refund], row.arrival_on)
    elif line_match.payment is not None:
        settled = [SettledPayment(line_match.payment, row.arrival_on, row.fee)]
        await payments.settle_payments(session, council, settled)


def _to_line(row: Row[Any]) -> SettlementLine:
    kind = SettlementKind(row.kind)
    return SettlementLine(
        row.provider_id, kind, row.amount, row.fee, row.currency, row.authorisation, row.source
    )
