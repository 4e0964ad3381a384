"""The order of a dispute's states, and what they mean for refunds."""

from payments.processors.rules import DisputeState

_ORDER = {
    DisputeState.NEEDS_RESPONSE: 1,
    DisputeState.UNDER_REVIEW: 2,
    DisputeState.WON: 3,
    DisputeState.LOST: 3,
}


def may_become(state: DisputeState, next_state: DisputeState) -> bool:
    """Check whether a dispute may go from one state to another: forward only, whoever looked first."""
    return _ORDER[next_state] > _ORDER[state]


def blocks_refunds(state: DisputeState) -> bool:
    """Check whether its payment cannot be refunded: while it is open, and when the money is gone."""
    return state is not DisputeState.WON
