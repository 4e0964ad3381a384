"""The states of an agreement, and what a payment may do with one."""

from collections.abc import Mapping
from enum import StrEnum


class AgreementState(StrEnum):
    """Where an agreement is."""

    CREATED = "created"  # no card yet
    ACTIVE = "active"
    INACTIVE = "inactive"  # the card is no longer good; a new first payment makes it active again
    CANCELLED = "cancelled"


_LEGAL: Mapping[AgreementState, frozenset[AgreementState]] = {
    AgreementState.CREATED: frozenset({AgreementState.ACTIVE}),
    AgreementState.ACTIVE: frozenset(
        {AgreementState.ACTIVE, AgreementState.INACTIVE, AgreementState.CANCELLED}
    ),
    AgreementState.INACTIVE: frozenset({AgreementState.ACTIVE}),
    AgreementState.CANCELLED: frozenset(),
}


def may_become(state: AgreementState, next_state: AgreementState) -> bool:
    """Check whether an agreement may go from one state to another. An active one may get another card."""
    return next_state in _LEGAL[state]
