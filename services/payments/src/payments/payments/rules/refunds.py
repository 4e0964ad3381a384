"""What of a payment can be refunded, and from which lines."""

from collections.abc import Sequence
from typing import NamedTuple

from payments.payments.rules.states import Status


class RefundSummary(NamedTuple):
    """A payment's refunds as the API shows them, in pence."""

    status: str  # pending, unavailable, available, full
    available: int
    submitted: int


def summarise(status: Status, total: int, refunded: int, *, is_blocked: bool) -> RefundSummary:
    """Say how much of a payment can be refunded now."""
    if status is Status.CAPTURED:
        available = total - refunded
        if is_blocked:
            return RefundSummary("unavailable", available, refunded)
        return RefundSummary("available" if available else "full", available, refunded)
    if status in {Status.DECLINED, Status.EXPIRED, Status.ERROR} or status.startswith("cancelled"):
        return RefundSummary("unavailable", total, refunded)
    return RefundSummary("pending", total, refunded)


class LineShare(NamedTuple):
    """A part of a line, in pence, gross."""

    n: int
    amount: int


def total_of(shares: Sequence[LineShare]) -> int:
    """Sum the shares."""
    return sum(share.amount for share in shares)
