"""Journals: money moved from where it was posted to where it belongs. Source: council finance, 5 and 11."""

from collections.abc import Sequence
from uuid import UUID

from payments.ledger.rules import Posting
from payments.payments.rules.postings import LineAmounts, post_line

OUT_OF_SUSPENSE, TRANSFER = "JN", "JR"
"""The methods of payment of a journal out of suspense, and of one between accounts."""
MOVED_OUT, MOVED_IN = "11", "10"
"""The methods with which the lines of a journal are told."""


def post_journal(item: UUID, sources: Sequence[LineAmounts], targets: Sequence[LineAmounts]) -> list[Posting]:
    """Post a journal: what the sources got is taken back, and the targets get it."""
    taken_back = [posting for line in sources for posting in post_line(line, item, 1)]
    return taken_back + [posting for line in targets for posting in post_line(line, item, -1)]


def take_in_order(amount: int, left: Sequence[int]) -> list[int]:
    """Take an amount from what is left of lines, in their order. Raises ValueError if it is more."""
    shares = []
    for most in left:
        shares.append(min(amount, most))
        amount -= shares[-1]
    if amount:
        raise ValueError("it is more than is left")
    return shares


AGES = ((7, "0 to 7 days"), (30, "8 to 30 days"), (90, "31 to 90 days"))
OLDEST = "More than 90 days"


def name_age(days: int) -> str:
    """Name the age of an item in suspense as finance reports it."""
    return next((name for most, name in AGES if days <= most), OLDEST)
