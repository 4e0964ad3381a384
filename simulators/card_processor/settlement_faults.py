"""Faults of a settlement: what can be wrong with a payout, its lines, and what the bank shows of it.

Each kind is a kind of exception in a council's reconciliation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from simulators.card_processor import balance
from simulators.card_processor.accounts import shorten_digest
from simulators.card_processor.database import Record
from simulators.card_processor.errors import ApiError
from simulators.card_processor.session import AccountSession

OF_LINES = ("not_captured", "captured_twice", "amount_differs", "fee_unexpected", "unknown_id", "late")
OF_PAYOUTS = ("payout_short", "wrong_currency", "reversed", "bank_missing", "bank_twice")
KINDS = (*OF_LINES, *OF_PAYOUTS)
MAX_FAULTS = 1000
FOREIGN = "EUR"
_WITHHELD = "withheld"  # the parent of lines that no payout will ever have
_DEFAULT_AMOUNT = {"unknown_id": 1234}


@dataclass(frozen=True, slots=True)
class SettlementFault:
    """One fault. ``authorisation``: the payment it happens to, else the oldest without one.

    ``amount``: pence by which the figure is wrong, 1 if it is left out.
    """

    kind: str
    authorisation: str | None = None
    amount: int | None = None

    @property
    def pence(self) -> int:
        """Return the pence by which the figure is wrong; of an unknown payment, its amount."""
        return _DEFAULT_AMOUNT.get(self.kind, 1) if self.amount is None else self.amount


def apply_to_lines(
    session: AccountSession, lines: Sequence[Record], faults: Sequence[SettlementFault]
) -> list[Record]:
    """Return the lines that the payout is to have. Raises ApiError if a fault finds no payment."""
    line_faults = [fault for fault in faults if fault.kind in OF_LINES]
    targets = _choose_targets(lines, [fault for fault in line_faults if fault.kind != "unknown_id"])
    result = []
    for line in lines:
        fault = targets.get(line["id"])
        result += _apply(session, line, fault) if fault else [line]
    return result + [_invent(session, fault.pence) for fault in line_faults if fault.kind == "unknown_id"]


def _choose_targets(lines: Sequence[Record], faults: Sequence[SettlementFault]) -> dict[str, SettlementFault]:
    """Give each fault a payment of its own: first those that name one."""
    free = {line["authorisation"]: line["id"] for line in lines if line["kind"] == "payment"}
    targets = {}
    for fault in sorted(faults, key=lambda fault: fault.authorisation is None):
        authorisation = fault.authorisation or next(iter(free), None)
        if authorisation not in free:
            reason = f"No payment is left in this payout that {fault.kind} could happen to"
            raise ApiError(409, "no_target", reason, "faults")
        targets[free.pop(authorisation)] = fault
    return targets


def _apply(session: AccountSession, line: Record, fault: SettlementFault) -> list[Record]:
    """Return what stands in the payout in the place of a line."""
    match fault.kind:
        case "not_captured":
            session.move(balance.KIND, line, _WITHHELD)
            return []
        case "late":
            return []
        case "captured_twice":
            links = {name: line[name] for name in ("authorisation", "reference", "source")}
            return [line, balance.add_line(session, "payment", line["amount"], line["fee"], **links)]
        case "amount_differs":
            line["amount"] += fault.pence
        case _:
            line["fee"] += fault.pence
    line["net"] = line["amount"] - line["fee"]
    return [line]


def _invent(session: AccountSession, amount: int) -> Record:
    """Add a line of a payment that this account never had."""
    fee = balance.calculate_fee(session.account.tariff, amount, corporate=False)
    name = shorten_digest(f"unknown:{session.account.id}:{session.next_sequence()}")
    links = {"authorisation": f"auth_{name}", "reference": None, "source": f"cap_{name}"}
    return balance.add_line(session, "payment", amount, fee, **links)
