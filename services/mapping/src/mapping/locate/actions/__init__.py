"""Use cases of look-ups, and where they read: memory, PostgreSQL, and what was read a moment ago."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from chassis.database import Database
from mapping.locate.rules.points import Place
from mapping.locate.rules.responsibilities import Rule
from mapping.locate.rules.street_names import NamedStreet
from mapping.snapshots.actions import Snapshots

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """What a process read within some seconds, by council and name; the eldest goes first."""

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds, self._most = seconds, most
        self._values: OrderedDict[tuple[str, str], tuple[float, Value]] = OrderedDict()

    async def get(self, council: str, name: str, load: Callable[[], Awaitable[Value]]) -> Value:
        """Get a value: the one that is there, if it is new enough, else what ``load`` returns."""
        now = time.monotonic()
        entry = self._values.get((council, name))
        if entry is not None and now - entry[0] < self._seconds:
            return entry[1]
        value = await load()
        self._values[council, name] = now, value
        self._values.move_to_end((council, name))
        while len(self._values) > self._most:
            self._values.popitem(last=False)
        return value


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process remembers of streets' names for a minute, and of rules for a second."""

    streets: Recent[list[NamedStreet]] = field(default_factory=lambda: Recent(60.0, 20_000))
    rules: Recent[list[Rule]] = field(default_factory=lambda: Recent(1.0, 1_000))


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the layers of a council are read, its rules, and the names of its streets."""

    council: str
    snapshots: Snapshots
    database: Database
    memory: Memory = field(default_factory=Memory)


class FindCases(Protocol):
    """Finds open cases near a place. Look-ups know no case: the domain above gives them this."""

    async def __call__(
        self, database: Database, council: str, mode: str, place: Place, *, is_staff: bool
    ) -> list[dict[str, Any]]:
        """Find them as answers show them, nearest first."""


@dataclass(frozen=True, slots=True)
class Reads:
    """Where a process reads, for every council."""

    snapshots: Snapshots
    database: Database
    memory: Memory = field(default_factory=Memory)
    find_cases: FindCases | None = None

    def of(self, council: str) -> Sources:
        """Return where the layers of a council are read."""
        return Sources(council, self.snapshots, self.database, self.memory)
