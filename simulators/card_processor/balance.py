"""Balance transactions: what the processor owes the merchant, line by line, less its fees by tariff."""

from typing import Any

from simulators.card_processor.database import Record
from simulators.card_processor.session import AccountSession

KIND = "balance_transaction"
UNPAID = ""  # the parent of lines that no payout has


def calculate_fee(tariff: dict[str, Any], amount: int, *, corporate: bool) -> int:
    """Return the fee of a payment, rounded half up to the penny."""
    prefix = "corporate_" if corporate else ""
    return int((amount * tariff[f"{prefix}basis_points"] + 5_000) // 10_000 + tariff[f"{prefix}fixed"])


def add_line(session: AccountSession, kind: str, amount: int, fee: int = 0, **links: Any) -> Record:
    """Add a line that the next payout pays. ``amount`` is negative for what goes to payers.

    ``links``: ``source``, the id of a capture, refund, dispute or payout; ``authorisation``; ``reference``.
    """
    line = {
        "id": session.new_id("txn"),
        "kind": kind,
        "amount": amount,
        "fee": fee,
        "net": amount - fee,
        "currency": "GBP",
        "created_at": session.now,
        "payout": None,
        "authorisation": None,
        "reference": None,
        **links,
    }
    return session.add(KIND, line, UNPAID)
