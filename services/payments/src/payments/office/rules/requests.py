"""Requests of staff: who may make one, who may check it. Source: council finance, section 5."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from payments.shared.scopes import APPROVE, OFFICE


class Kind(StrEnum):
    """What is requested."""

    REFUND = "refund"
    JOURNAL = "journal"  # money moved to other accounts
    UNDO = "undo"  # a journal taken back
    CREDIT_NOTE = "credit-note"  # a receipt at the counter, given back by the payments ledger


class Status(StrEnum):
    """Where a request is."""

    PROPOSED = "proposed"
    DONE = "done"  # a refund within its maker's limit
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Reason(StrEnum):
    """Why: the list that auditors count by."""

    WRONG_AMOUNT = "wrong-amount"
    WRONG_ACCOUNT = "wrong-account"
    DUPLICATE = "duplicate"
    NO_SERVICE = "service-not-given"
    GOODWILL = "goodwill"
    FRAUD = "fraud"
    OTHER = "other"  # with words


@dataclass(frozen=True, slots=True)
class Limit:
    """What a person may give back without a second person, in pence: at once, and in a day."""

    refund: int
    daily: int


DEFAULT_LIMIT = Limit(refund=5_000, daily=50_000)
NO_LIMIT = Limit(refund=0, daily=0)


def choose_limit(limits: Sequence[tuple[str, Limit]], scopes: Collection[str]) -> Limit:
    """Choose a person's limit: the highest that one of their scopes has.

    A scope that has several, as after councils became one, has the lowest of each.
    """
    if OFFICE not in scopes:
        return NO_LIMIT
    by_scope: dict[str, Limit] = {OFFICE: DEFAULT_LIMIT} if not limits else {}
    for scope, limit in limits:
        if scope in scopes:
            other = by_scope.get(scope, limit)
            by_scope[scope] = Limit(min(limit.refund, other.refund), min(limit.daily, other.daily))
    return max(by_scope.values(), key=lambda limit: (limit.refund, limit.daily), default=NO_LIMIT)


def is_within(limit: Limit, amount: int, refunded_before: int) -> bool:
    """Check whether a person may give an amount back alone, after what they gave back today."""
    return amount <= limit.refund and refunded_before + amount <= limit.daily


def find_check_fault(
    status: str, requested_by: str, checker: str, scopes: Collection[str]
) -> tuple[int, str, str] | None:
    """Find why a person may not check a request: status, code and text of the problem."""
    if checker == requested_by:
        return 403, "own-request", "You made this request. Somebody else must check it."
    if APPROVE not in scopes:
        return 403, "missing-scope", f"This needs the scope {APPROVE}."
    if status != Status.PROPOSED:
        return 409, "request-ended", f"This request is {status}. Nothing was changed."
    return None


def is_own_account(staff_email: str, payer_email: str | None) -> bool:
    """Check whether a member of staff is the payer, as far as their e-mail addresses tell."""
    return bool(staff_email) and staff_email.casefold() == (payer_email or "").casefold()
