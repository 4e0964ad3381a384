"""How payments and refunds are posted. Source: council finance, sections 4 and 11."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from payments.ledger.rules import Account, Posting, Role


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """A line, or the part of one that is refunded: gross and VAT in pence."""

    n: int
    fund: UUID
    is_suspense: bool
    ledger_code: str
    reference: str
    vat_code: UUID
    amount: int
    vat: int


def post_receipt(account: UUID, item: UUID, lines: Sequence[LineAmounts], surcharge: int) -> list[Posting]:
    """Post a captured payment: clearing against funds, VAT, suspense and surcharge.

    ``item``: the payment, which keeps its own place in suspense.
    """
    total = sum(line.amount for line in lines) + surcharge
    postings = [Posting(Account(Role.CLEARING, str(account)), total)]
    for line in lines:
        postings += post_line(line, item, -1)
    if surcharge:
        postings.append(Posting(Account(Role.SURCHARGES), -surcharge))
    return postings


def post_refund_request(item: UUID, lines: Sequence[LineAmounts], surcharge: int) -> list[Posting]:
    """Post a refund that was asked for: the lines against what is owed to payers."""
    total = sum(line.amount for line in lines) + surcharge
    postings = [posting for line in lines for posting in post_line(line, item, 1)]
    if surcharge:
        postings.append(Posting(Account(Role.SURCHARGES), surcharge))
    return [*postings, Posting(Account(Role.REFUNDS), -total)]


def post_refund(account: UUID, total: int) -> list[Posting]:
    """Post a refund that the processor confirmed."""
    return [
        Posting(Account(Role.REFUNDS), total),
        Posting(Account(Role.CLEARING, str(account)), -total),
    ]


def post_lost_dispute(
    account: UUID, item: UUID, lines: Sequence[LineAmounts], surcharge: int, disputed: int, fee: int
) -> list[Posting]:
    """Post a dispute that was lost: the debts live again, and the processor takes amount and fee.

    ``disputed``: what it took of the amount when the dispute was opened. ``fee``: what it takes now.
    """
    total = sum(line.amount for line in lines) + surcharge
    postings = [posting for line in lines for posting in post_line(line, item, 1)]
    if surcharge:
        postings.append(Posting(Account(Role.SURCHARGES), surcharge))
    return [*postings, *_move_disputed(account, -disputed, fee, disputed - total - fee)]


def post_taken_dispute(account: UUID, amount: int, fee: int) -> list[Posting]:
    """Post a dispute whose amount and fee the processor takes while it is open."""
    return _move_disputed(account, amount, fee, -amount - fee)


def post_won_dispute(account: UUID, disputed: int, fee: int) -> list[Posting]:
    """Post a dispute that was won: what was taken comes back. ``fee``: taken, or given back, now."""
    return _move_disputed(account, -disputed, fee, disputed - fee)


def _move_disputed(account: UUID, disputed: int, fee: int, clearing: int) -> list[Posting]:
    postings = [
        Posting(Account(Role.DISPUTED, str(account)), disputed),
        Posting(Account(Role.DISPUTE_FEES), fee),
        Posting(Account(Role.CLEARING, str(account)), clearing),
    ]
    return [posting for posting in postings if posting.amount]


def post_line(line: LineAmounts, item: UUID, sign: int) -> list[Posting]:
    """Post a line: its fund gets the net, VAT its own account. In suspense an item is an account."""
    if line.is_suspense:
        account = Account(Role.SUSPENSE, str(item), line.fund)
        return [Posting(account, sign * line.amount, line.n, line.reference)]
    fund = Account(Role.FUND, line.ledger_code, line.fund)
    postings = [Posting(fund, sign * (line.amount - line.vat), line.n, line.reference)]
    if line.vat:
        postings.append(Posting(Account(Role.VAT, str(line.vat_code)), sign * line.vat, line.n))
    return [posting for posting in postings if posting.amount]
