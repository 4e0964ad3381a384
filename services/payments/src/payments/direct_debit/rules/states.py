"""The states of mandates and collections, and what changes them."""

from enum import StrEnum


class MandateState(StrEnum):
    """What a mandate is."""

    PENDING = "pending"  # the payer is to sign, or the bank is to be told
    SUBMITTED = "submitted"  # the bank has been told
    ACTIVE = "active"
    SUSPENDED = "suspended"  # nothing is collected until its cause is mended
    FAILED = "failed"  # the bank refused it
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # dormant: nothing was collected for so long that banks forget it


class Hold(StrEnum):
    """Why a mandate is suspended."""

    NEW_DETAILS = "new-details"
    AMENDMENT = "amendment"
    NOTICE_DISPUTED = "notice-disputed"
    CORRECTION = "correction"
    UNKNOWN_REASON = "unknown-reason"


class CollectionState(StrEnum):
    """What a collection is."""

    SCHEDULED = "scheduled"
    SUSPENDED = "suspended"  # its mandate is
    SUBMITTING = "submitting"  # the provider is being asked
    SUBMITTED = "submitted"  # the provider has it, its day has not come
    COLLECTED = "collected"  # its day has come: it is posted
    UNPAID = "unpaid"  # the bank sent it back (ARUDD)
    CLAIMED = "claimed"  # the payer claimed it back (DDICA)
    STOPPED = "stopped"  # it was not submitted: ``reason`` says why
    CANCELLED = "cancelled"


OVER = frozenset({MandateState.FAILED, MandateState.CANCELLED, MandateState.EXPIRED})
"""Mandates that collect nothing any more. A bank may reinstate one that was cancelled."""
WAITING = frozenset({CollectionState.SCHEDULED, CollectionState.SUSPENDED})
"""Collections that the provider does not have: they may still change."""
_CAN_SIGN = frozenset({Hold.NEW_DETAILS, Hold.CORRECTION})
_MANDATES: dict[MandateState, frozenset[MandateState]] = {
    MandateState.PENDING: frozenset(MandateState) - {MandateState.PENDING},
    MandateState.SUBMITTED: frozenset(MandateState) - {MandateState.SUBMITTED, MandateState.PENDING},
    MandateState.ACTIVE: frozenset({MandateState.SUSPENDED}) | OVER,
    MandateState.SUSPENDED: frozenset({MandateState.PENDING, MandateState.ACTIVE}) | OVER,
    MandateState.FAILED: frozenset(),
    MandateState.CANCELLED: frozenset({MandateState.ACTIVE}),
    MandateState.EXPIRED: frozenset({MandateState.ACTIVE}),
}
_COLLECTIONS: dict[CollectionState, frozenset[CollectionState]] = {
    CollectionState.SCHEDULED: frozenset(
        {
            CollectionState.SUSPENDED,
            CollectionState.SUBMITTING,
            CollectionState.STOPPED,
            CollectionState.CANCELLED,
        }
    ),
    CollectionState.SUSPENDED: frozenset(
        {CollectionState.SCHEDULED, CollectionState.STOPPED, CollectionState.CANCELLED}
    ),
    CollectionState.SUBMITTING: frozenset({CollectionState.SUBMITTED, CollectionState.STOPPED}),
    CollectionState.SUBMITTED: frozenset(
        {
            CollectionState.COLLECTED,
            CollectionState.UNPAID,
            CollectionState.CANCELLED,
            CollectionState.CLAIMED,
        }
    ),
    CollectionState.COLLECTED: frozenset({CollectionState.UNPAID, CollectionState.CLAIMED}),
    CollectionState.UNPAID: frozenset(),
    CollectionState.CLAIMED: frozenset(),
    CollectionState.STOPPED: frozenset(),
    CollectionState.CANCELLED: frozenset(),
}


def may_become(state: MandateState, next_state: MandateState) -> bool:
    """Check whether a mandate may go from a state to another."""
    return next_state in _MANDATES[state]


def may_go_on(state: CollectionState, next_state: CollectionState) -> bool:
    """Check whether a collection may go from a state to another."""
    return next_state in _COLLECTIONS[state]


def can_sign(state: str, hold: str | None, provider_mandate: str | None) -> bool:
    """Check whether a payer may sign at the provider's page: the first time, or with new details."""
    if state == MandateState.PENDING:
        return provider_mandate is None
    return state == MandateState.SUSPENDED and hold in _CAN_SIGN
