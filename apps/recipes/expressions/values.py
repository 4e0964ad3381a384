"""The values of names: of answers, facts, settings and the day, and what functions make of them."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from apps.recipes.bundle import Bundle
from apps.recipes.expressions.days import count_workdays
from apps.recipes.expressions.names import DATE_FUNCTIONS

LONDON = ZoneInfo("Europe/London")
Answers = Mapping[str, Any]
Facts = Mapping[str, Mapping[str, Any] | None]


def read_answer(kind: str, answer: Any) -> Any:
    """Return what an answer is in expressions: an address is its UPRN; None where it is nothing that
    compares."""
    if isinstance(answer, Mapping):
        return answer.get("uprn") if kind == "address" else answer.get("slot") if kind == "slot" else None
    return answer


def local_day(now: datetime) -> date:
    """Return the day in the United Kingdom; ``now`` has a zone."""
    return now.astimezone(LONDON).date()


class Values:
    """Values by name, computed when read.

    ``answers`` are those on the path; a fact is absent until looked up.
    """

    def __init__(self, bundle: Bundle, facts: Facts, today: date, person: Mapping[str, bool]) -> None:
        self._bundle = bundle
        self._today = today
        self._known: dict[str, Any] = {"today": today.isoformat()}
        for name, setting in bundle.settings.items():
            self._known[f"set.{name}"] = setting.text if setting.number is None else setting.number
        for name in ("signed_in", "proved"):
            self._known[f"person.{name}"] = bool(person.get(name))
        self._facts = facts
        self._open: set[str] = set()

    def add_answer(self, question: str, kind: str, answer: Any) -> None:
        """Add an answer that stands on the path."""
        value = read_answer(kind, answer)
        self._known[question] = value
        self._known[f"has.{question}"] = answer is not None
        if isinstance(value, list | tuple | str):
            self._known[f"size.{question}"] = len(value)

    def add_fact(self, fact: str) -> None:
        """Add a fact that was looked up and whose inputs stand on the path; an outage adds nothing."""
        fields = self._facts.get(fact)
        if fields is None:
            return
        for field, value in fields.items():
            name = f"{fact}.{field}"
            if field == "options":
                self._known[f"size.{fact}"] = len(value)
            elif value is not None:
                self._known[name] = value
                self._known[f"has.{name}"] = True
        self._open.add(fact)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, or the default where it is not known."""
        if name in self._known:
            return self._known[name]
        function, _, argument = name.partition(".")
        if function == "has" and argument.partition(".")[0] in self._open:
            return False
        if function in DATE_FUNCTIONS and isinstance(day := self._known.get(argument), str):
            value = self._count(function, date.fromisoformat(day))
            self._known[name] = value
            return value
        return default

    def __getitem__(self, name: str) -> Any:
        return self.get(name)

    def knows(self, names: Iterable[str]) -> bool:
        """Say whether all of these names have a value."""
        return all(self.get(name) is not None for name in names)

    def _count(self, function: str, day: date) -> int:
        if function == "days_since":
            return (self._today - day).days
        if function == "age_on":
            return self._today.year - day.year - ((self._today.month, self._today.day) < (day.month, day.day))
        return count_workdays(day, self._today, self._bundle.council.nation)
