"""How settlements and bank lines are posted. Source: council finance, section 11, examples 3 to 5."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from payments.ledger.rules import Account, Posting, Role
from payments.processors.rules import SettlementKind
from payments.reconciliation.rules.matching import LineMatch, Rule

MAX_ITEMS = 400
"""Items of suspense that one settlement makes: a ledger transaction has at most 500 postings."""
_DISPUTES = {SettlementKind.DISPUTE, SettlementKind.DISPUTE_REVERSAL}


@dataclass(frozen=True, slots=True)
class Merchant:
    """Whom a processor pays out: a gateway account, or a service user of Direct Debit.

    ``role``: of the account in the ledger that has what was taken and is not paid out.
    """

    id: UUID
    mode: str
    method: str
    role: Role = Role.CLEARING

    @property
    def takings(self) -> Account:
        """Return the account of what was taken and is not paid out."""
        return Account(self.role, str(self.id))

    @property
    def is_service_user(self) -> bool:
        """Check whether it collects Direct Debits."""
        return self.role is Role.DIRECT_DEBIT


def post_settlement(
    merchant: Merchant,
    amount: int,
    matches: Sequence[LineMatch],
    items: Mapping[int, UUID],
    suspense: UUID,
) -> list[Posting]:
    """Post a payout: what is paid out and the fees against takings, and what matches nothing to suspense.

    ``items``: the item of suspense for each unmatched line, by its place. What the processor did not pay out
    of its own lines stays in takings.
    """
    sums: dict[Account, int] = {}

    def add(target: Account, pence: int) -> None:
        sums[target] = sums.get(target, 0) + pence

    payout = Account(Role.PAYOUT, str(merchant.id))
    add(payout, amount)
    for place, match in enumerate(matches):
        line = match.line
        if match.rule is None:
            add(Account(Role.FEES), line.fee)
            add(Account(Role.SUSPENSE, str(items[place]), suspense), -line.amount)
        elif match.rule is Rule.PAYOUT_ID:
            add(payout, -line.amount)
            add(Account(Role.FEES), line.fee)
        elif line.kind in _DISPUTES:  # the dispute's own posting has its fee
            add(merchant.takings, -line.net)
        elif match.rule is Rule.FEE:
            add(Account(Role.FEES), -line.net)
        else:
            add(merchant.takings, -line.amount)
            add(Account(Role.FEES), line.fee)
    add(merchant.takings, sum(match.line.net for match in matches) - amount)
    return [Posting(target, pence) for target, pence in sums.items() if pence]


def post_late_match(merchant: Merchant, item: UUID, suspense: UUID, amount: int) -> list[Posting]:
    """Post a line that matches at last: out of suspense, against takings."""
    return [
        Posting(Account(Role.SUSPENSE, str(item), suspense), amount),
        Posting(merchant.takings, -amount),
    ]


def bank_leg(bank_account: UUID, amount: int) -> Posting:
    """Post to the bank: a credit of the statement is a debit of the council's account."""
    return Posting(Account(Role.BANK, str(bank_account)), amount)


def payout_leg(merchant: UUID, amount: int) -> Posting:
    """Post the arrival of a payout."""
    return Posting(Account(Role.PAYOUT, str(merchant)), -amount)


def bag_leg(bag: UUID, amount: int) -> Posting:
    """Post the arrival of a bag of counter takings, or that the bank took back a cheque."""
    return Posting(Account(Role.TRANSIT, str(bag)), -amount)


def suspense_leg(item: UUID, suspense: UUID, amount: int, reference: str = "") -> Posting:
    """Post money that nobody can place to an item of its own."""
    return Posting(Account(Role.SUSPENSE, str(item), suspense), -amount, None, reference or None)
