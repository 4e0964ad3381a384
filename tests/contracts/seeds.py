"""Changes of a contract, each a function that makes it: those that break somebody, and those that do not.

A breaking seed names the rules that must be found, and no other rule may be.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Documents = dict[str, dict[str, Any]]
Change = Callable[[Documents], object]


@dataclass(frozen=True)
class Seed:
    name: str
    change: Change
    rules: frozenset[str] = frozenset()


BREAKING: list[Seed] = []
HARMLESS: list[Seed] = []


def breaking(*rules: str) -> Callable[[Change], Change]:
    def keep(change: Change) -> Change:
        BREAKING.append(Seed(change.__name__, change, frozenset(rules)))
        return change

    return keep


def harmless(change: Change) -> Change:
    HARMLESS.append(Seed(change.__name__, change))
    return change
