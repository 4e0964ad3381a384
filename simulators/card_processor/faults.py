"""Faults of the API: what goes wrong with the next requests of an operation."""

from dataclasses import dataclass

from simulators.card_processor.accounts import Account

OPERATIONS = ("authorise", "three_d_secure", "capture", "cancel", "refund", "read")
BEFORE = ("error-before", "slow")
AFTER = ("timeout-after-accept", "500-after-accept")
FAIL = "fail"  # the operation itself ends in an error: a refund that the card's bank does not take
KINDS = (*BEFORE, *AFTER, FAIL)
MAX_FAULTS = 50
MAX_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one request. ``seconds``: how long a slow one waits, and one that times out."""

    kind: str = ""
    seconds: int = 0


NO_FAULT = Fault()


def take_fault(account: Account, operation: str) -> Fault:
    """Take one request off the count of the oldest fault of an operation."""
    for entry in account.faults:
        if entry["operation"] != operation:
            continue
        entry["count"] -= 1
        if not entry["count"]:
            account.faults.remove(entry)
        return Fault(entry["fault"], entry["seconds"])
    return NO_FAULT
