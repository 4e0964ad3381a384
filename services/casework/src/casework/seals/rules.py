"""Seals of histories and their check: arithmetic over digests, with no database. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from casework.cases.rules import FIRST_DIGEST, chain
from chassis.json_values import canonical_json


class Link(NamedTuple):
    """An entry as the chain has it. ``at`` is not known of one that was erased."""

    n: int
    content: bytes
    digest: bytes
    at: datetime | None


class Head(NamedTuple):
    """The end of a history in a seal. ``since``: entries before were sealed before."""

    n: int
    digest: bytes
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Seal:
    """The ends of the histories that grew in a time, behind the seal before."""

    chain: UUID
    sequence: int
    day: date
    since: datetime | None
    until: datetime
    is_complete: bool
    heads: int
    root: bytes
    previous: bytes

    def describe(self) -> dict[str, Any]:
        """Describe it as it is signed. It names no council."""
        return {
            "chain": str(self.chain),
            "sequence": self.sequence,
            "day": self.day.isoformat(),
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat(),
            "is_complete": self.is_complete,
            "heads": self.heads,
            "root": self.root.hex(),
            "previous": self.previous.hex(),
        }


def digest_seal(statement: Mapping[str, Any]) -> bytes:
    """Digest a seal: the one before is part of it."""
    return hashlib.sha256(canonical_json(statement)).digest()


def hash_head(case: UUID, n: int, digest: bytes) -> bytes:
    """Hash a head: a leaf of the tree (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x00" + case.bytes + n.to_bytes(8) + digest).digest()


def hash_tree(leaves: Sequence[bytes]) -> bytes:
    """Hash a Merkle tree, as RFC 6962 does, level by level."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return level[0]


def check_history(
    case: str, links: Sequence[Link], heads: Sequence[Head], sealed_until: datetime | None
) -> list[str]:
    """Check a history against its own chain and the seals. ``heads``: by their number.

    ``sealed_until``: up to when all of the council is sealed.
    """
    faults = _check_chain(case, links)
    for head in heads:
        if head.n > len(links):
            faults.append(f"case {case}: entry {head.n} was sealed and is not there")
        elif links[head.n - 1].digest != head.digest:
            faults.append(f"case {case}: entry {head.n} is not as it was sealed")
    for link in links:
        since = next((head.since for head in heads if head.n >= link.n), sealed_until)
        if since is not None and link.at is not None and link.at < since:
            faults.append(f"case {case}: entry {link.n} was put in after its day was sealed")
    return faults


def _check_chain(case: str, links: Sequence[Link]) -> list[str]:
    faults, digest = list[str](), FIRST_DIGEST
    for n, link in enumerate(links, 1):
        if link.n != n:
            return [*faults, f"case {case}: entry {n} is not there"]
        if chain(digest, link.content) != link.digest:
            faults.append(f"case {case}: entry {n} is not as it was written")
        digest = link.digest
    return faults


class SealCheck:
    """Checks the seals of a council in their order; ``until`` is up to when all is sealed."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.sequence, self.digest = 0, FIRST_DIGEST
        self.until: datetime | None = None

    def add(
        self,
        statement: Mapping[str, Any],
        signed: Mapping[str, Any] | None,
        heads: Sequence[tuple[UUID, int, bytes]],
    ) -> None:
        """Check a seal. ``signed``: what its signature is of; None if that is not the key's.

        ``heads``: case, number and digest, by the case.
        """
        sequence = int(statement["sequence"])
        name = f"seal {sequence}"
        if sequence != self.sequence + 1 or statement["previous"] != self.digest.hex():
            self.faults.append(f"{name} does not follow seal {self.sequence}: something is missing")
        if signed != statement:
            self.faults.append(f"{name} is not as it was signed")
        leaves = [hash_head(*head) for head in heads]
        if statement["heads"] != len(heads) or statement["root"] != hash_tree(leaves).hex():
            self.faults.append(f"{name}: its heads are not as they were sealed")
        self.sequence, self.digest = sequence, digest_seal(statement)
        if statement["is_complete"]:
            self.until = datetime.fromisoformat(statement["until"])
