"""How settlements and bank lines are posted. Source: council finance, section 11, examples 3 to 5."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from payments.ledger.rules import Account, Posting, Role
from payments.processors.rules import SettlementKind
from payments.reconciliation.rules.matching import LineMatch, Rule

MAX_ITEMS = 400
"""Items of suspense that one settlement makes: a ledger transaction has at most 500 postings."""
_DISPUTES = {SettlementKind.DISPUTE, SettlementKind.DISPUTE_REVERSAL}


def post_settlement(
    account: UUID, amount: int, matches: Sequence[LineMatch], items: Mapping[int, UUID], suspense: UUID
) -> list[Posting]:
    """Post a payout: what is paid out and the fees against clearing, and what matches nothing to suspense.

    ``items``: the item of suspense for each unmatched line, by its place. What the processor did not pay out
    of its own lines stays in clearing.
    """
    sums: dict[Account, int] = {}

    def add(target: Account, pence: int) -> None:
        sums[target] = sums.get(target, 0) + pence

    add(Account(Role.PAYOUT, str(account)), amount)
    clearing = Account(Role.CLEARING, str(account))
    for place, match in enumerate(matches):
        line = match.line
        if match.rule is None:
            add(Account(Role.FEES), line.fee)
            add(Account(Role.SUSPENSE, str(items[place]), suspense), -line.amount)
        elif match.rule is Rule.PAYOUT_ID:
            add(Account(Role.PAYOUT, str(account)), -line.amount)
            add(Account(Role.FEES), line.fee)
        elif line.kind in _DISPUTES:  # the dispute's own posting has its fee
            add(clearing, -line.net)
        elif match.rule is Rule.FEE:
            add(Account(Role.FEES), -line.net)
        else:
            add(clearing, -line.amount)
            add(Account(Role.FEES), line.fee)
    add(clearing, sum(match.line.net for match in matches) - amount)
    return [Posting(target, pence) for target, pence in sums.items() if pence]


def post_late_match(account: UUID, item: UUID, suspense: UUID, amount: int) -> list[Posting]:
    """Post a line that matches at last: out of suspense, against clearing."""
    return [
        Posting(Account(Role.SUSPENSE, str(item), suspense), amount),
        Posting(Account(Role.CLEARING, str(account)), -amount),
    ]


def bank_leg(bank_account: UUID, amount: int) -> Posting:
    """Post to the bank: a credit of the statement is a debit of the council's account."""
    return Posting(Account(Role.BANK, str(bank_account)), amount)


def payout_leg(account: UUID, amount: int) -> Posting:
    """Post the arrival of a payout."""
    return Posting(Account(Role.PAYOUT, str(account)), -amount)


def suspense_leg(item: UUID, suspense: UUID, amount: int, reference: str = "") -> Posting:
    """Post money that nobody can place to an item of its own."""
    return Posting(Account(Role.SUSPENSE, str(item), suspense), -amount, None, reference or None)
