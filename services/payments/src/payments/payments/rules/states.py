"""The states of a payment: ours, and how GOV.UK Pay's API shows them.

Source: contracts of GOV.UK Pay ("States"). Ours are finer, because each step at the processor is one.
"""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where a payment is."""

    CREATED = "created"
    STARTED = "started"  # the payer opened the page
    AUTHORISING = "authorising"  # the processor was or will be asked
    CHALLENGED = "challenged"  # 3-D Secure
    AUTHORISED = "authorised"  # the payer is to confirm
    CAPTURABLE = "capturable"  # confirmed; the service is to capture
    CAPTURING = "capturing"  # confirmed; the processor is to capture
    CAPTURED = "captured"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED_BY_USER = "cancelled-by-user"
    CANCELLED_BY_SERVICE = "cancelled-by-service"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class PublicState:
    """A state as the API shows it."""

    status: str
    finished: bool
    code: str | None = None
    message: str | None = None


_STARTED = PublicState("started", finished=False)
_SUCCESS = PublicState("success", finished=True)
PUBLIC: dict[Status, PublicState] = {
    Status.CREATED: PublicState("created", finished=False),
    Status.STARTED: _STARTED,
    Status.AUTHORISING: _STARTED,
    Status.CHALLENGED: _STARTED,
    Status.AUTHORISED: PublicState("submitted", finished=False),
    Status.CAPTURABLE: PublicState("capturable", finished=False),
    Status.CAPTURING: _SUCCESS,
    Status.CAPTURED: _SUCCESS,
    Status.DECLINED: PublicState("failed", finished=True, code="P0010", message="Payment method rejected"),
    Status.EXPIRED: PublicState("failed", finished=True, code="P0020", message="Payment expired"),
    Status.CANCELLED_BY_USER: PublicState(
        "failed", finished=True, code="P0030", message="Payment was cancelled by the user"
    ),
    Status.CANCELLED_BY_SERVICE: PublicState(
        "cancelled", finished=True, code="P0040", message="Payment was cancelled by the service"
    ),
    Status.ERROR: PublicState(
        "error", finished=True, code="P0050", message="Payment provider returned an error"
    ),
}

_ENDS = {Status.EXPIRED, Status.CANCELLED_BY_USER, Status.CANCELLED_BY_SERVICE}
LEGAL: dict[Status, frozenset[Status]] = {
    Status.CREATED: frozenset({Status.STARTED, Status.AUTHORISING} | _ENDS),  # at once by an agreement
    Status.STARTED: frozenset({Status.AUTHORISING, Status.ERROR} | _ENDS),
    Status.AUTHORISING: frozenset(
        {Status.AUTHORISED, Status.CHALLENGED, Status.DECLINED, Status.ERROR} | _ENDS
    ),
    Status.CHALLENGED: frozenset({Status.AUTHORISED, Status.DECLINED, Status.ERROR} | _ENDS),
    Status.AUTHORISED: frozenset({Status.CAPTURABLE, Status.CAPTURING} | _ENDS),
    Status.CAPTURABLE: frozenset({Status.CAPTURING, Status.EXPIRED, Status.CANCELLED_BY_SERVICE}),
    Status.CAPTURING: frozenset({Status.CAPTURED, Status.ERROR}),
    **{end: frozenset() for end in (Status.CAPTURED, Status.DECLINED, Status.ERROR, *_ENDS)},
}
"""The legal changes: every history of a payment is a path of these."""

OPEN = frozenset(status for status, state in PUBLIC.items() if not state.finished)
PAYABLE = frozenset({Status.CREATED, Status.STARTED})
WITH_HOLD = frozenset({Status.CHALLENGED, Status.AUTHORISED, Status.CAPTURABLE})
"""The processor holds, or may hold, the payer's money: ending the payment cancels the authorisation."""
TAKEN = frozenset({Status.CAPTURING, Status.CAPTURED})


def may_become(status: Status, next_status: Status) -> bool:
    """Check whether a payment may go from one state to another."""
    return next_status in LEGAL[status]


def list_statuses(public: str) -> list[Status]:
    """List our states that the API shows as this one; empty for a word that is none of its."""
    return [status for status, state in PUBLIC.items() if state.status == public]
