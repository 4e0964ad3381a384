"""Who looks after a place: a council's rules over its layers, the first that fits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

ANY_KIND = "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """Reports of a kind (``*``: of any) at a place go to a body.

    ``layer``: only where the place is in, or at most ``within`` metres from, a feature of that layer; and
    with ``property_name`` only if that property of it is one of ``values``. None: everywhere.
    """

    id: UUID
    position: int
    report_kind: str
    layer: UUID | None
    within: float
    property_name: str
    values: tuple[str, ...]
    body: str
    contact: str
    version: int

    def is_of(self, report_kind: str) -> bool:
        """Check whether it is for reports of a kind."""
        return self.report_kind in (ANY_KIND, report_kind)

    def fits(self, properties: Mapping[str, Any]) -> bool:
        """Check whether a feature has what the rule asks for."""
        if not self.property_name:
            return True
        value = properties.get(self.property_name)
        return value is not None and str(value).casefold() in {each.casefold() for each in self.values}


def select_rules(rules: Sequence[Rule], report_kind: str) -> list[Rule]:
    """Select the rules for reports of a kind, in their order; at one position its own come before any's."""
    chosen = [rule for rule in rules if rule.is_of(report_kind)]
    return sorted(chosen, key=lambda rule: (rule.position, rule.report_kind == ANY_KIND, rule.id))
