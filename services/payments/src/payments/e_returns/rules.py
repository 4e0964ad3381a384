"""E-returns: which state follows which, and who may authorise one. Source: council finance, section 6."""

from enum import StrEnum

from payments.shared.scopes import APPROVE


class Status(StrEnum):
    """Where an e-return is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    AUTHORISED = "authorised"  # posted
    RETURNED = "returned"  # with the reason: its maker mends it
    VOIDED = "voided"


EDITABLE = frozenset({Status.DRAFT, Status.RETURNED})
_NEXT = {
    Status.DRAFT: {Status.SUBMITTED, Status.VOIDED},
    Status.SUBMITTED: {Status.AUTHORISED, Status.RETURNED, Status.VOIDED},
    Status.RETURNED: {Status.SUBMITTED, Status.VOIDED},
    Status.AUTHORISED: set(),
    Status.VOIDED: set(),
}


def may_become(status: str, new: Status) -> bool:
    """Tell whether an e-return may go from a state to another."""
    return new in _NEXT[Status(status)]


def find_check_fault(
    makers: frozenset[str | None], checker: str, scopes: frozenset[str]
) -> tuple[int, str, str] | None:
    """Find why a person may not authorise or return an e-return: status, code and text of the problem."""
    if checker in makers:
        return (
            403,
            "own-e-return",
            "You made, changed or submitted this e-return. Somebody else must check it.",
        )
    if APPROVE not in scopes:
        return 403, "missing-scope", f"This needs the scope {APPROVE}."
    return None
