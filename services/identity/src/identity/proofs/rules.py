"""Levels of identity: P0 (not proven), P1, P2; and the evidence that each needs.

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

VALID_YEARS: Mapping[str, int] = MappingProxyType({"P1": 2, "P2": 3})
"""Years for which a proof holds. Names, addresses and faces change, so it must be made again."""
DESK_CODE_LIFETIME = timedelta(minutes=15)

_ALL_CHECKS: frozenset[str] = frozenset({"original-seen", "in-date", "security-features", "photo-matches"})
_CODE_LENGTH = 8
_CODE = re.compile(rf"[{ALPHABET}]{{{_CODE_LENGTH}}}")
_WEAK, _FAIR, _STRONG, _STRONGEST = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class EvidenceKind:
    """A kind of evidence. ``strength`` 1 to 4."""

    strength: int
    photograph: bool


EVIDENCE_KINDS: Mapping[str, EvidenceKind] = MappingProxyType(
    {
        "passport": EvidenceKind(_STRONGEST, photograph=True),
        "residence-permit": EvidenceKind(_STRONGEST, photograph=True),
        "driving-licence": EvidenceKind(_STRONG, photograph=True),
        "national-identity-card": EvidenceKind(_STRONG, photograph=True),
        "electoral-identity-card": EvidenceKind(_STRONG, photograph=True),
        "veteran-card": EvidenceKind(_FAIR, photograph=True),
        "bus-pass": EvidenceKind(_FAIR, photograph=True),
        "birth-certificate": EvidenceKind(_FAIR, photograph=False),
        "marriage-certificate": EvidenceKind(_FAIR, photograph=False),
        "bank-statement": EvidenceKind(_FAIR, photograph=False),
        "tenancy-agreement": EvidenceKind(_FAIR, photograph=False),
        "council-tax-bill": EvidenceKind(_FAIR, photograph=False),
        "utility-bill": EvidenceKind(_WEAK, photograph=False),
    }
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document that was looked at, and what was checked. Its number is not kept."""

    kind: str
    checks: frozenset[str]


def assess_level(evidence: Sequence[Evidence]) -> Level:
    """Assess the level that pieces of evidence reach; the same kind twice counts once.

    P2: a strong document with a photograph, checked in every way, and one more fair piece unless it is of the
    strongest. P1: a fair photograph compared with the person, or two fair pieces. Only originals count.
    """
    originals = [
        piece for piece in evidence if "original-seen" in piece.checks and piece.kind in EVIDENCE_KINDS
    ]
    fair_pieces = [piece for piece in originals if EVIDENCE_KINDS[piece.kind].strength >= _FAIR]
    fair_kinds = len({piece.kind for piece in fair_pieces})
    photographs = [piece for piece in fair_pieces if EVIDENCE_KINDS[piece.kind].photograph]
    best_photograph = max(
        (EVIDENCE_KINDS[piece.kind].strength for piece in photographs if piece.checks >= _ALL_CHECKS),
        default=0,
    )
    if best_photograph == _STRONGEST or (best_photograph == _STRONG and fair_kinds > 1):
        return "P2"
    is_compared = any("photo-matches" in piece.checks for piece in photographs)
    return "P1" if is_compared or fair_kinds > 1 else "P0"


def needs_second_look(level: str) -> bool:
    """Tell whether a second member of staff must confirm a proof before it holds."""
    return level == "P2"


def get_expiry(level: str, at: datetime) -> datetime:
    """Get the expiry of a proof of this level: the same day and hour, or 28 for 29 February."""
    year = at.year + VALID_YEARS[level]
    try:
        return at.replace(year=year)
    except ValueError:  # that year has no such day
        return at.replace(year=year, day=28)


def create_desk_code() -> str:
    """Create a desk code: 40 random bits in groups of four. It is short-lived and only staff can use it."""
    characters = "".join(secrets.choice(ALPHABET) for _ in range(_CODE_LENGTH))
    return f"{characters[:4]}-{characters[4:]}"


def hash_desk_code(text: str) -> bytes:
    """Hash a desk code with SHA-256, however it was typed. A text that cannot be one matches no account."""
    normalised = re.sub(r"[\s-]+", "", text).lower().translate(str.maketrans("oil", "011"))
    return hashlib.sha256(b"desk " + (normalised.encode() if _CODE.fullmatch(normalised) else b"")).digest()
