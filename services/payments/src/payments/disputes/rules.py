"""The order of a dispute's states, and what they mean for refunds."""

from typing import Protocol

from payments.processors.rules import Dispute, DisputeState


class RecordedDispute(Protocol):
    """A dispute as it was recorded."""

    state: str
    is_taken: bool


_ORDER = {
    DisputeState.NEEDS_RESPONSE: 1,
    DisputeState.UNDER_REVIEW: 2,
    DisputeState.WON: 3,
    DisputeState.LOST: 3,
}


def may_become(state: DisputeState, next_state: DisputeState) -> bool:
    """Check whether a dispute may go from one state to another: forward only, whoever looked first."""
    return _ORDER[next_state] > _ORDER[state]


def is_taken_now(recorded: RecordedDispute, dispute: Dispute) -> bool:
    """Check whether an open dispute's money was taken since it was recorded: an inquiry becomes a dispute."""
    return (
        _ORDER[dispute.state] == _ORDER[DisputeState(recorded.state)]
        and dispute.is_taken
        and not (recorded.is_taken or dispute.state in {DisputeState.WON, DisputeState.LOST})
    )


def blocks_refunds(state: DisputeState) -> bool:
    """Check whether its payment cannot be refunded: while it is open, and when the money is gone."""
    return state is not DisputeState.WON
