"""Two documents and the direction in which their schemas are compared.

For what clients send (``request``) the last release is the sender: all it accepted must still be accepted.
For what clients are sent (``response``, events too) today's contract is the sender.
"""

from dataclasses import dataclass
from typing import Any, Literal

from dev.contracts.compatibility.documents import Document, Schema
from dev.contracts.compatibility.findings import BreakingChange

Direction = Literal["request", "response"]
_RULES: dict[Direction, dict[str, str]] = {
    "request": {
        "type": "type-narrowed",
        "null": "null-refused",
        "enum": "enum-value-removed",
        "open": "enum-added",
        "limit": "limit-tightened",
        "pattern": "pattern-changed",
        "format": "format-tightened",
        "variant": "variant-removed",
    },
    "response": {
        "type": "type-widened",
        "null": "null-added",
        "enum": "enum-value-added",
        "open": "enum-opened",
        "limit": "limit-loosened",
        "pattern": "pattern-changed",
        "format": "format-loosened",
        "variant": "variant-added",
    },
}


@dataclass(frozen=True, slots=True)
class DocumentPair:
    """The document of the last release, today's, and the direction."""

    old: Document
    new: Document
    direction: Direction

    def order(self, old: Any, new: Any) -> tuple[Any, Any]:
        """Turn (old, new) into (sender, receiver), and back again."""
        return (old, new) if self.direction == "request" else (new, old)

    def follow(self, old: Any, new: Any) -> tuple[Any, Any]:
        """Follow the references of both nodes."""
        return self.old.follow(old), self.new.follow(new)

    def name_change(self, aspect: str, detail: str) -> BreakingChange:
        """Name the rule that a difference breaks in this direction."""
        return BreakingChange(_RULES[self.direction][aspect], "", detail)


@dataclass(frozen=True, slots=True)
class SchemaPair:
    """Two schemas at one location inside those compared."""

    location: str
    old: Schema
    new: Schema
