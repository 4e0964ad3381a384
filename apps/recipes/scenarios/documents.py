"""Scenarios as they are written: a list of titles, each with what is different from the first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.recipes.expressions.values import LONDON
from apps.recipes.grammar.shapes import Choice, Document, Each, Group, Items, Scalar
from apps.recipes.load.faults import Fault, RecipeError
from apps.recipes.load.yaml_source import Source, read_source

_ANY = Scalar("a value", lambda _: True)
_NAME = Scalar("a name", lambda value: isinstance(value, str))


class _Free:
    """Any content: answers and facts are of the kinds' and providers' shapes."""

    def check(self, document: Document, path: Any, value: Any) -> list[Fault]:  # noqa: ARG002
        """Accept everything."""
        return []


_STEP = Group({"event": _NAME, "wait": _NAME, "do": _NAME, "told": _ANY, "due": Each(_ANY, _NAME)})
SCENARIO = Group(
    {
        "council": _NAME,
        "at": Scalar("a time such as 2026-05-05T10:00", lambda value: isinstance(value, str)),
        "person": Choice(("guest", "signed_in", "proved")),
        "answers": _Free(),  # type: ignore[dict-item]
        "facts": _Free(),  # type: ignore[dict-item]
        "go_on": Items(_NAME),
        "pages": Items(_NAME),
        "stop": _NAME,
        "decided": Choice(("yes", "officer")),
        "fee": Scalar("an amount such as £104.00", lambda value: isinstance(value, str)),
        "lines": Items(_NAME),
        "open": Items(_NAME),
        "later": Items(_NAME),
        "kept": Items(_NAME),
        "sign_in": _NAME,
        "then": _Free(),  # type: ignore[dict-item]
    }
)
_INHERITED = ("at", "person", "answers", "facts")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario with what it takes from the first; ``expected`` are its own keys of what must come of it."""

    title: str
    line: int
    council: str
    at: datetime
    person: str
    answers: Mapping[str, Any]
    facts: Mapping[str, Any]
    expected: Mapping[str, Any]


def read_scenarios(file: str, text: str) -> list[Scenario]:
    """Read scenarios. Raises RecipeError with every fault."""
    if not text.strip():
        return []
    source = read_source(file, text, wide=True)
    entries = source.content if isinstance(source.content, list) else []
    faults = [] if entries else [source.make_fault((), "scenarios are a list.", "Write - title: {...}.")]
    for number, entry in enumerate(entries):
        if not (isinstance(entry, dict) and len(entry) == 1):
            faults.append(
                source.make_fault((number,), "a scenario is one title with a map.", "Write - title: {...}.")
            )
            continue
        title = next(iter(entry))
        faults += SCENARIO.check(Document(source), (number, title), entry[title])
    if faults:
        raise RecipeError(faults)
    first = next(iter(entries[0].values()))
    return [_build(source, number, entry, first) for number, entry in enumerate(entries)]


def _build(source: Source, number: int, entry: dict[str, Any], first: dict[str, Any]) -> Scenario:
    title, keys = next(iter(entry.items()))
    base = {key: first[key] for key in _INHERITED if key in first}
    answers = _join(base.get("answers", {}), keys.get("answers", {}))
    for stop in [keys["go_on"]] if isinstance(keys.get("go_on"), str) else keys.get("go_on", []):
        answers[f"stop.{stop}"] = True
    return Scenario(
        title=title,
        line=source.find_line((number, title)),
        council=keys.get("council", ""),
        at=datetime.fromisoformat(keys.get("at", base.get("at", "2026-05-05T10:00"))).replace(tzinfo=LONDON),
        person=keys.get("person", base.get("person", "guest")),
        answers=answers,
        facts={
            name: _read_fact(value)
            for name, value in _join(base.get("facts", {}), keys.get("facts", {})).items()
        },
        expected={key: value for key, value in keys.items() if key not in {*_INHERITED, "council", "go_on"}},
    )


def _join(first: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Put what a scenario gives over the first's, a fact field by field.

    ``none`` takes out an answer, ``skipped`` leaves an optional question empty.
    """
    joined: dict[str, Any] = dict(first)
    for name, value in changes.items():
        below = joined.get(name)
        joined[name] = {**below, **value} if isinstance(value, dict) and isinstance(below, dict) else value
    return {name: None if value == "skipped" else value for name, value in joined.items() if value != "none"}


def _read_fact(value: Any) -> Any:
    """``out`` is an outage; options may be written as a list of values."""
    if value == "out":
        return None
    if isinstance(value, dict) and isinstance(value.get("options"), list):
        options = [
            option if isinstance(option, dict) else {"value": option, "label": option}
            for option in value["options"]
        ]
        return {**value, "options": options}
    return value
