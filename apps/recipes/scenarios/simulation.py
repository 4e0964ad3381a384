"""Plays a service with a virtual clock: pages, facts, each rule with its values, fee lines, decisions,
messages."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from apps.recipes.bundle import Bundle
from apps.recipes.decision import decide
from apps.recipes.expressions.compiler import Expression
from apps.recipes.expressions.days import add_workdays
from apps.recipes.expressions.rules import rules_of
from apps.recipes.expressions.values import Answers, Facts, Values, local_day
from apps.recipes.fees import ChargeLine, list_charges
from apps.recipes.walk import Walk, collect_values, walk

PLACEHOLDER = re.compile(r"\(\(([^()]*)\)\)")
_WITHIN = "_within"


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """A rule, what it came to (None: not known), and the values it read."""

    path: str
    text: str
    result: bool | int | None
    values: dict[str, Any]

    def __str__(self) -> str:
        values = ", ".join(
            f"{name} = {'?' if value is None else value}" for name, value in self.values.items()
        )
        words = {"True": "yes", "False": "no", "None": "not known"}
        result = words.get(str(self.result), str(self.result))
        return f"{self.path}: {result}, as {self.text} ({values})"


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a person meets: the path, the lines of the fee, the decision, and why."""

    walk: Walk
    pages: tuple[str, ...]
    charges: tuple[ChargeLine, ...]
    decided: str
    rules: tuple[RuleTrace, ...]

    @property
    def pence(self) -> int:
        """The amount."""
        return sum(line.pence for line in self.charges)


def simulate(
    bundle: Bundle, answers: Answers, facts: Facts, now: datetime, person: Mapping[str, bool] | None = None
) -> Simulation:
    """Play a service up to the confirmation, or to the page or stop where it ends."""
    state = walk(bundle, answers, facts, now, person)
    values = collect_values(bundle, answers, facts, now, person)
    ended = state.outcome == "check"
    charges = list_charges(bundle, values, local_day(now)) if ended else ()
    decided = decide(bundle, answers, facts, now, person) if ended else ""
    return Simulation(
        state,
        (*state.pages, *_list_ends(bundle, decided, charges, ended=ended)),
        charges,
        decided,
        explain(bundle, values),
    )


def _list_ends(
    bundle: Bundle, decided: str, charges: tuple[ChargeLine, ...], *, ended: bool
) -> Iterator[str]:
    if not ended:
        return
    yield "check"
    if (
        any(line.pence for line in charges)
        and bundle.fee
        and (bundle.fee.when != "approved" or decided == "yes")
    ):
        yield "pay"
    yield "done"


def explain(bundle: Bundle, values: Values) -> tuple[RuleTrace, ...]:
    """Explain each rule of a bundle: what it came to, and the values that made it so."""
    return tuple(
        RuleTrace(path, rule.text, rule.evaluate(values), {name: values.get(name) for name in rule.names})
        for path, rule in _list_rules(bundle)
    )


def _list_rules(bundle: Bundle) -> Iterator[tuple[str, Expression]]:
    rules = rules_of(bundle)
    yield from ((f"ask.{part.id}", rules.truth(part.when)) for part in bundle.questions if part.when)
    yield from ((f"stop.{part.id}", rules.truth(part.when)) for part in bundle.stops)
    if bundle.grant:
        yield "decide", rules.truth(bundle.grant)
    for line in bundle.fee.lines if bundle.fee else ():
        if line.when:
            yield f"fee.lines.{line.id}", rules.truth(line.when)
        if line.times:
            yield f"fee.lines.{line.id}.times", rules.integer(line.times)


def list_due(bundle: Bundle, start: date) -> dict[str, date]:
    """List by when things are due that begin on a day: ``due.deliver`` of ``deliver_within``."""
    return {
        name.removesuffix(_WITHIN): _add(start, setting.number, setting.unit, bundle.council.nation)
        for name, setting in bundle.settings.items()
        if name.endswith(_WITHIN) and setting.number is not None
    }


def _add(start: date, number: int, unit: str, nation: str) -> date:
    if unit == "working days":
        return add_workdays(start, number, nation)
    return start + timedelta(days=number * {"days": 1, "weeks": 7}.get(unit, 30))


def fill(words: str, values: Values, due: Mapping[str, date]) -> str:
    """Fill the placeholders that are known; those of the case stay as they are."""

    def show(match: re.Match[str]) -> str:
        head, _, name = match.group(1).partition(".")
        value = due.get(name) if head == "due" else values.get(match.group(1))
        return match.group() if value is None else str(value)

    return PLACEHOLDER.sub(show, words)
