"""Match payouts and bags with bank lines of the same size; move in the ledger what matches otherwise now."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import Session
from payments.cash_office.actions import bags as cash_office
from payments.funds.actions import baskets
from payments.ledger.actions import postings
from payments.ledger.rules import Kind, Posting, Role, Transaction
from payments.reconciliation.rules.bank_matching import Bag, BankLine, BankMatches, Payout, match_bank
from payments.reconciliation.rules.matching import ExceptionKind, Rule
from payments.reconciliation.rules.postings import bag_leg, payout_leg, suspense_leg
from payments.reconciliation.store import bank_lines as store
from payments.reconciliation.store import exceptions
from payments.shared.days import today


async def match_amounts(
    session: Session, council: str, mode: str, sizes: Collection[int], new: Collection[UUID] = ()
) -> dict[UUID, Posting]:
    """Match what has these sizes anew; the caller holds the lock of the council and mode.

    ``new``: lines that are not posted yet. Returns, for each of them that matches, where it is posted.
    """
    sizes = {size for size in sizes if size}
    if not sizes:
        return {}
    payouts = await store.list_payouts(session, council, mode, sizes)
    bags = await cash_office.list_of_sizes(session, council, mode, sizes)
    if not payouts and not bags:
        return {}
    lines = await store.list_candidates(session, council, mode, sizes)
    matches = match_rows(payouts, lines, bags)
    places = _Places({row.id: row.merchant for row in payouts})
    move = _Move(session, council, mode, places)
    for line in lines:
        chosen = matches.by_line.get(line.id)
        if (chosen[0] if chosen else None) == (line.settlement or line.bag):
            continue
        if line.id in new and chosen:
            values = {"line": line.id, **places.to_columns(chosen), "match": None}
            await store.match_line(session, council, values)
        else:
            await move.change(line, chosen)
    await _note_payouts(session, council, mode, payouts, matches)
    amounts = {line.id: line.amount for line in lines}
    return {
        line: places.make_leg(target, amounts[line])
        for line, (target, _) in matches.by_line.items()
        if line in new
    }


def match_rows(
    payouts: Sequence[Row[Any]], lines: Sequence[Row[Any]], bags: Sequence[Row[Any]]
) -> BankMatches:
    """Match payouts and bags with lines, those of each size by themselves."""
    by_line: dict[UUID, tuple[UUID, Rule]] = {}
    twice: set[UUID] = set()
    by_size: dict[int, tuple[list[Payout], list[BankLine], list[Bag]]] = {}
    for row in payouts:
        payout = Payout(row.id, row.amount, row.reference, row.arrival_on, row.is_reversed)
        by_size.setdefault(abs(row.amount), ([], [], []))[0].append(payout)
    for row in bags:
        by_size.setdefault(abs(row.amount), ([], [], []))[2].append(Bag(row.id, row.amount, row.number))
    for row in lines:
        if abs(row.amount) in by_size:
            line = BankLine(
                row.id, row.amount, row.booked_on, row.text, row.has_fund_reference, row.is_for_payouts
            )
            by_size[abs(row.amount)][1].append(line)
    for group in by_size.values():
        matches = match_bank(*group)
        by_line |= matches.by_line
        twice |= matches.twice_at_bank
    return BankMatches(by_line, frozenset(twice))


class _Places:
    """Where matched lines are posted: on a processor's payouts, else on what a bag has in transit."""

    def __init__(self, merchants: Mapping[UUID, UUID]) -> None:
        self._merchants = merchants

    def make_leg(self, target: UUID, amount: int) -> Posting:
        """Make the leg that a line of this amount has."""
        merchant = self._merchants.get(target)
        return bag_leg(target, amount) if merchant is None else payout_leg(merchant, amount)

    def to_columns(self, chosen: tuple[UUID, Rule] | None) -> dict[str, Any]:
        """Say in a line's columns what it is matched with."""
        target, rule = chosen or (None, None)
        is_payout = target in self._merchants
        return {
            "settlement": target if is_payout else None,
            "bag": None if is_payout else target,
            "rule": rule,
        }


class _Move:
    """Moves bank lines in the ledger from where they are to what they belong to, or to suspense."""

    def __init__(self, session: Session, council: str, mode: str, places: _Places) -> None:
        self._session, self._council, self._mode = session, council, mode
        self._places = places

    async def change(self, line: Row[Any], chosen: tuple[UUID, Rule] | None) -> None:
        """Take a line out of its place and put it into another."""
        match_id = ids.new()
        posted = await postings.find_transaction(
            self._session, self._council, self._mode, line.match or line.id, self._kind(line)
        )
        if posted is None:
            raise LookupError(f"bank line {ids.show(line.id)} is not posted")
        legs = [Posting(leg.account, -leg.amount, leg.line, leg.reference) for leg in _placed(posted, line)]
        legs.append(await self._find_place(line, chosen[0] if chosen else None))
        transaction = Transaction(
            ids.new(), Kind.TRANSFER, match_id, posted.method, today(), legs, line.booked_on
        )
        await postings.post(self._session, self._council, self._mode, [transaction])
        values = {"line": line.id, **self._places.to_columns(chosen), "match": match_id}
        await store.match_line(self._session, self._council, values)

    async def _find_place(self, line: Row[Any], target: UUID | None) -> Posting:
        if target is not None:
            return self._places.make_leg(target, line.amount)
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
