"""The direction in which schemas are compared: what clients send, or what they are sent.

For what clients send (``in``) the last release is the sender: all it accepted must be accepted still. For
what clients are sent (``out``, responses and events) today's schema is the sender.
"""

from dataclasses import dataclass
from typing import Any, Literal

from dev.contracts.breaking.documents import Document
from dev.contracts.breaking.finding import Break

Way = Literal["in", "out"]
_RULES: dict[Way, dict[str, str]] = {
    "in": {
        "type": "type-narrowed",
        "null": "null-refused",
        "enum": "enum-value-removed",
        "open": "enum-added",
        "limit": "limit-tightened",
        "pattern": "pattern-changed",
        "format": "format-tightened",
        "variant": "variant-removed",
    },
    "out": {
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
class Direction:
    """Two documents and which of them sends."""

    old: Document
    new: Document
    way: Way

    def order(self, old: Any, new: Any) -> tuple[Any, Any]:
        """Put the old and the new in the order sender, receiver; or those in the order old, new."""
        return (old, new) if self.way == "in" else (new, old)

    def name_break(self, aspect: str, detail: str) -> Break:
        """Name the rule that a difference breaks in this direction."""
        return Break(_RULES[self.way][aspect], "", detail)
