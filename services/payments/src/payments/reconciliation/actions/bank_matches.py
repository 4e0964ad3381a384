"""Match payouts with bank lines of the same size, and move in the ledger what matches otherwise now."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import Session
from payments.funds.actions import baskets
from payments.ledger.actions import postings
from payments.ledger.rules import Kind, Posting, Role, Transaction
from payments.reconciliation.rules.bank_matching import BankLine, BankMatches, Payout, match_bank
from payments.reconciliation.rules.matching import ExceptionKind, Rule
from payments.reconciliation.rules.postings import payout_leg, suspense_leg
from payments.reconciliation.store import bank_lines as store
from payments.reconciliation.store import exceptions
from payments.shared.days import today


async def match_amounts(
    session: Session, council: str, mode: str, sizes: Collection[int], new: Collection[UUID] = ()
) -> dict[UUID, Row[Any]]:
    """Match what has these sizes anew; the caller holds the lock of the council and mode.

    ``new``: lines that are not posted yet. Returns the payout of each of them that matches one.
    """
    sizes = {size for size in sizes if size}
    if not sizes:
        return {}
    payouts = await store.list_payouts(session, council, mode, sizes)
    lines = await store.list_candidates(session, council, mode, sizes)
    if not payouts:
        return {}
    matches = match_rows(payouts, lines)
    by_id = {row.id: row for row in payouts}
    move = _Move(session, council, mode, {row.id: row.account for row in payouts})
    for line in lines:
        chosen = matches.by_line.get(line.id)
        if (chosen[0] if chosen else None) == line.settlement:
            continue
        if line.id in new and chosen:
            values = {"line": line.id, "settlement": chosen[0], "rule": chosen[1], "match": None}
            await store.match_line(session, council, values)
        else:
            await move.change(line, chosen)
    await _note_payouts(session, council, mode, payouts, matches)
    return {line: by_id[payout] for line, (payout, _) in matches.by_line.items() if line in new}


def match_rows(payouts: Sequence[Row[Any]], lines: Sequence[Row[Any]]) -> BankMatches:
    """Match payouts and lines, those of each size by themselves."""
    by_line: dict[UUID, tuple[UUID, Rule]] = {}
    twice: set[UUID] = set()
    by_size: dict[int, tuple[list[Payout], list[BankLine]]] = {}
    for row in payouts:
        payout = Payout(row.id, row.amount, row.reference, row.arrival_on, row.is_reversed)
        by_size.setdefault(abs(row.amount), ([], []))[0].append(payout)
    for row in lines:
        if abs(row.amount) in by_size:
            line = BankLine(row.id, row.amount, row.booked_on, row.text, row.has_fund_reference)
            by_size[abs(row.amount)][1].append(line)
    for group in by_size.values():
        matches = match_bank(*group)
        by_line |= matches.by_line
        twice |= matches.twice_at_bank
    return BankMatches(by_line, frozenset(twice))


class _Move:
    """Moves bank lines in the ledger from where they are to the payout they belong to, or to suspense."""

    def __init__(self, session: Session, council: str, mode: str, accounts: Mapping[UUID, UUID]) -> None:
        self._session, self._council, self._mode = session, council, mode
        self._accounts = accounts

    async def change(self, line: Row[Any], chosen: tuple[UUID, Rule] | None) -> None:
        """Take a line out of its place and put it into another."""
        target, rule = chosen or (None, None)
        match_id = ids.new()
        posted = await postings.find_transaction(
            self._session, self._council, self._mode, line.match or line.id, self._kind(line)
        )
        if posted is None:
            raise LookupError(f"bank line {ids.show(line.id)} is not posted")
        legs = [Posting(leg.account, -leg.amount, leg.line, leg.reference) for leg in _placed(posted, line)]
        legs.append(await self._find_place(line, target))
        transaction = Transaction(
            ids.new(), Kind.TRANSFER, match_id, posted.method, today(), legs, line.booked_on
        )
        await postings.post(self._session, self._council, self._mode, [transaction])
        values = {"line": line.id, "settlement": target, "rule": rule, "match": match_id}
        await store.match_line(self._session, self._council, values)

    async def _find_place(self, line: Row[Any], payout: UUID | None) -> Posting:
        if payout is not None:
            return payout_leg(self._accounts[payout], line.amount)
        _, suspense = await baskets.read_chart_with_suspense(self._session, self._council, today())
        return suspense_leg(line.id, suspense, line.amount)

    def _kind(self, line: Row[Any]) -> Kind:
        return Kind.TRANSFER if line.match else Kind.BANK_LINE


def _placed(posted: Transaction, line: Row[Any]) -> list[Posting]:
    """Give the legs that say what a line is for: of a move the last one."""
    if not line.match:
        return [leg for leg in posted.postings if leg.account.role != Role.BANK]
    return [posted.postings[-1]]


async def _note_payouts(
    session: Session, council: str, mode: str, payouts: Sequence[Row[Any]], matches: BankMatches
) -> None:
    """Open and close the exceptions of payouts that the bank shows twice, or at last."""
    twice = [row for row in payouts if row.id in matches.twice_at_bank]
    await exceptions.open_exceptions(
        session,
        council,
        mode,
        [{"kind": ExceptionKind.BANK_TWICE, "settlement": row.id, "amount": row.amount} for row in twice],
    )
    once = [row.id for row in payouts if row.id not in matches.twice_at_bank]
    if once:
        await exceptions.close_of_settlements(session, council, once, [ExceptionKind.BANK_TWICE])
    at_bank = {payout for payout, _ in matches.by_line.values()} | matches.twice_at_bank
    if at_bank:
        await exceptions.close_of_settlements(session, council, list(at_bank), [ExceptionKind.BANK_MISSING])
