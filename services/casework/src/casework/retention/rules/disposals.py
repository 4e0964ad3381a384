"""What is due, what keeps it, and what a certificate says. Pure."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from chassis.json_values import canonical_json

RECORDS_MANAGER = "records_manager"
"""The role of staff who place holds, make disposal lists, sign them and answer requests of persons."""


class ListState(StrEnum):
    """Where a disposal list is."""

    BUILDING = "building"
    READY = "ready"  # to be read, and signed by somebody else
    SIGNED = "signed"  # being disposed of
    DONE = "done"
    WITHDRAWN = "withdrawn"


class ItemState(StrEnum):
    """What became of a case on a list."""

    DUE = "due"
    DEFERRED = "deferred"  # somebody said why, and until when
    ON_HOLD = "on_hold"
    NOT_DUE = "not_due"  # it was opened again, or has gone by another list
    DESTROYED = "destroyed"
    ARCHIVED = "archived"  # exported first, then destroyed


OUTCOMES = {"destroy": ItemState.DESTROYED, "archive": ItemState.ARCHIVED}


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold in force: of a case, a person's cases or a type's cases."""

    case: object | None
    person: str | None
    code: str | None

    def covers(self, case: object, person: str | None, code: str) -> bool:
        """Check whether it keeps a case."""
        return case == self.case or (person is not None and person == self.person) or code == self.code


def describe_rule(
    months: int, then: str, source: str, closed_on: date, follows: str | None = None
) -> dict[str, Any]:
    """Describe why a case is due: counted from which day, how long, by which rule, and what then."""
    rule = {"from": closed_on.isoformat(), "months": months, "then": then, "source": source}
    return rule if follows is None else rule | {"follows": follows}


def may_sign(subject: str, requested_by: Mapping[str, Any], deferred_by: Sequence[Mapping[str, Any]]) -> bool:
    """Check that whoever signs a list neither asked for it nor made an exception of it."""
    return subject not in {requested_by["sub"], *(person["sub"] for person in deferred_by)}


@dataclass(frozen=True, slots=True)
class Authority:
    """By whose authority a list was disposed of."""

    requested_by: Mapping[str, Any]
    requested_at: datetime
    signed_by: Mapping[str, Any]
    signed_at: datetime


def write_certificate(
    list_id: str, mode: str, authority: Authority, items: Sequence[Mapping[str, Any]], issued_at: datetime
) -> dict[str, Any]:
    """Write what a certificate of disposal says: what, how many, by whose authority, when, and digests.

    An item has case, reference, code, state, due_on, rule, reason and digest. It names nobody.
    """
    return {
        "certificate": "disposal",
        "list": list_id,
        "mode": mode,
        "requested_by": authority.requested_by["sub"],
        "requested_at": authority.requested_at.isoformat(),
        "signed_by": authority.signed_by["sub"],
        "signed_at": authority.signed_at.isoformat(),
        "issued_at": issued_at.isoformat(),
        "totals": dict(sorted(Counter(str(item["state"]) for item in items).items())),
        "items": list(items),
    }


def digest_certificate(document: str) -> str:
    """Digest a certificate's document, hexadecimal."""
    return hashlib.sha256(document.encode()).hexdigest()


def serialise_certificate(certificate: Mapping[str, Any]) -> str:
    """Write a certificate as it is stored and signed."""
    return canonical_json(certificate).decode()
