"""How sure we are who somebody is: P0 not at all, P1, P2; and what evidence it takes.

Simplified from the Cabinet Office's Good Practice Guide 45: the strength of each kind of evidence, whether it
was seen in the original, its security features checked, and the person compared with its photograph.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from chassis.ids import ALPHABET

Level = Literal["P0", "P1", "P2"]
Check = Literal["original-seen", "in-date", "security-features", "photo-matches"]

LASTS: Mapping[str, int] = MappingProxyType({"P1": 2, "P2": 3})
"""Years. After that a person is asked to prove it again: names, addresses and faces change."""
DESK_CODE = timedelta(minutes=15)

_THOROUGH: frozenset[str] = frozenset({"original-seen", "in-date", "security-features", "photo-matches"})
_CODE_LENGTH = 8
_CODE = re.compile(rf"[{ALPHABET}]{{{_CODE_LENGTH}}}")
_WEAK, _FAIR, _STRONG, _STRONGEST = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of evidence. ``strength`` 1 to 4."""

    strength: int
    photograph: bool


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "passport": Kind(_STRONGEST, photograph=True),
        "residence-permit": Kind(_STRONGEST, photograph=True),
        "driving-licence": Kind(_STRONG, photograph=True),
        "national-identity-card": Kind(_STRONG, photograph=True),
        "electoral-identity-card": Kind(_STRONG, photograph=True),
        "veteran-card": Kind(_FAIR, photograph=True),
        "bus-pass": Kind(_FAIR, photograph=True),
        "birth-certificate": Kind(_FAIR, photograph=False),
        "marriage-certificate": Kind(_FAIR, photograph=False),
        "bank-statement": Kind(_FAIR, photograph=False),
        "tenancy-agreement": Kind(_FAIR, photograph=False),
        "council-tax-bill": Kind(_FAIR, photograph=False),
        "utility-bill": Kind(_WEAK, photograph=False),
    }
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document that was looked at, and what was checked of it. Its number is not kept."""

    kind: str
    checks: frozenset[str]


def level(evidence: Sequence[Evidence]) -> Level:
    """The level that pieces of evidence come to; the same kind twice counts once.

    P2: a strong photograph checked in every way and, unless it is of the strongest, one fair piece beside
    it. P1: a fair photograph compared with the person, or two fair pieces. Only originals count.
    """
    seen = [one for one in evidence if "original-seen" in one.checks and one.kind in KINDS]
    fair = [one for one in seen if KINDS[one.kind].strength >= _FAIR]
    kinds = len({one.kind for one in fair})
    shown = [one for one in fair if KINDS[one.kind].photograph]
    best = max((KINDS[one.kind].strength for one in shown if one.checks >= _THOROUGH), default=0)
    if best == _STRONGEST or (best == _STRONG and kinds > 1):
        return "P2"
    compared = any("photo-matches" in one.checks for one in shown)
    return "P1" if compared or kinds > 1 else "P0"


def needs_second_look(reached: str) -> bool:
    """Whether another member of staff must confirm it before it holds; the others are audited afterwards."""
    return reached == "P2"


def expires(reached: str, at: datetime) -> datetime:
    """Until when a proof of this level holds: to the same day and hour; from a 29 February to a 28th."""
    year = at.year + LASTS[reached]
    try:
        return at.replace(year=year)
    except ValueError:  # that year has no such day
        return at.replace(year=year, day=28)


def new_desk_code() -> str:
    """40 random bits in fours, for a quarter of an hour, for staff alone."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(_CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def desk_code_hash(text: str) -> bytes:
    """SHA-256 of a desk code however it was typed. What cannot be one has a hash that is nobody's."""
    plain = re.sub(r"[\s-]+", "", text).lower().translate(str.maketrans("oil", "011"))
    return hashlib.sha256(b"desk " + (plain.encode() if _CODE.fullmatch(plain) else b"")).digest()
