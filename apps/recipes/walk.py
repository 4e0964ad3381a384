"""Which pages a person has passed and what comes next: pure, replayed on every request.

Pages come in the order written; ``when`` leaves a question out, and one that is not known asks. A stop is
judged once all it speaks of is known. A changed answer needs no special case: what falls off the path is not
read.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from apps.recipes.bundle import Bundle, Fact, Question, Setting, Stop
from apps.recipes.expressions.rules import Rules, rules_of
from apps.recipes.expressions.values import Answers, Facts, Values, local_day, read_answer
from apps.recipes.kinds.answers import check_answer

PERSON = "person"
GO_ON = "stop."  # answers["stop.<id>"] is true where the person goes on all the same
DOWN = "down."  # the id of the stop of a fact that is out and says `down: stop`


@dataclass(frozen=True, slots=True)
class Lookup:
    """A fact whose inputs are known. Look it up unless it is held already for this ``key``.

    ``settings`` are the provider's own keys, ``case_type`` the code of the recipe's case type, and
    ``parameters`` what the recipe sets of it.
    """

    fact: str
    provider: str
    inputs: dict[str, Any]
    settings: dict[str, str | int]
    case_type: str
    parameters: dict[str, Setting]

    @property
    def key(self) -> str:
        """The inputs as canonical JSON: another key is another look-up."""
        return json.dumps(self.inputs, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Walk:
    """The path so far, ids of pages in order, and what comes next: a page, a stop, or check answers.

    ``disputed`` are stops that the person went on from; ``open`` are stops that could not be judged: both are
    for an officer. ``down`` are facts that are out.
    """

    pages: tuple[str, ...]
    outcome: Literal["page", "stop", "check"]
    id: str
    lookups: tuple[Lookup, ...]
    disputed: tuple[str, ...]
    open: tuple[str, ...]
    down: tuple[str, ...]


def walk(
    bundle: Bundle,
    answers: Answers,
    facts: Facts,
    now: datetime,
    person: Mapping[str, bool] | None = None,
) -> Walk:
    """Walk a bundle. ``facts`` holds a map of fields by fact, or None for an outage; one that is absent was
    not looked up yet. ``person`` is ``{"signed_in": true, "proved": false}``, or None for a guest. Takes
    below 1 ms.
    """
    return _Walker(bundle, answers, facts, local_day(now), person).walk()


def collect_values(
    bundle: Bundle,
    answers: Answers,
    facts: Facts,
    now: datetime,
    person: Mapping[str, bool] | None = None,
) -> Values:
    """Collect the values of the answers on the path and of the facts they lead to: for fees, words,
    decisions."""
    walker = _Walker(bundle, answers, facts, local_day(now), person)
    walker.walk()
    return walker.values


@dataclass
class _Walker:
    bundle: Bundle
    answers: Answers
    facts: Facts
    today: date
    person: Mapping[str, bool] | None
    pages: list[str] = field(default_factory=list)
    lookups: list[Lookup] = field(default_factory=list)
    disputed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rules: Rules = rules_of(self.bundle)
        self.values = Values(self.bundle, self.facts, self.today, self.person or {})
        self.waiting = list(self.bundle.facts)
        self.unjudged = list(self.bundle.stops)
        self.inputs: dict[str, Any] = {} if self.person is None else {PERSON: dict(self.person)}
        self.down: list[str] = []

    def walk(self) -> Walk:
        """Walk until a page without an answer, a stop, or the end."""
        stop = self._settle()
        for question in self.bundle.questions:
            if stop or not self._is_on_path(question):
                continue
            self.pages.append(question.id)
            if question.id not in self.answers or not self._is_valid(question):
                self.pages.pop()
                return self._end("page", question.id)
            self._take(question)
            stop = self._settle()
        return self._end("stop", stop) if stop else self._end("check", "check")

    def _end(self, outcome: Literal["page", "stop", "check"], identifier: str) -> Walk:
        return Walk(
            tuple(self.pages),
            outcome,
            identifier,
            tuple(self.lookups),
            tuple(self.disputed),
            tuple(stop.id for stop in self.unjudged) if outcome == "check" else (),
            tuple(self.down),
        )

    def _is_on_path(self, question: Question) -> bool:
        return not question.when or self.rules.truth(question.when).evaluate(self.values) is not False

    def _is_valid(self, question: Question) -> bool:
        options = None
        if question.options_from:
            fields = self.facts.get(question.options_from)
            options = [option["value"] for option in fields.get("options", [])] if fields else None
        return check_answer(question, self.answers[question.id], self.today, options) is None

    def _take(self, question: Question) -> None:
        answer = self.answers[question.id]
        self.values.add_answer(question.id, question.kind, answer)
        if answer is not None:
            value = read_answer(question.kind, answer)
            self.inputs[question.id] = answer if value is None else value

    def _settle(self) -> str:
        """Take in the facts that can be known now, then judge the stops; return the first that holds."""
        for fact in [fact for fact in self.waiting if self.inputs.keys() >= set(fact.of)]:
            self.waiting.remove(fact)
            inputs = {name: self.inputs[name] for name in fact.of}
            self.lookups.append(self._make_lookup(fact, inputs))
            if self._is_out(fact) and fact.down == "stop":
                return DOWN + fact.id
            self.values.add_fact(fact.id)
        return next(self._list_holding(), "")

    def _make_lookup(self, fact: Fact, inputs: dict[str, Any]) -> Lookup:
        case_type = self.bundle.case.partition("@")[0]
        return Lookup(fact.id, fact.provider, inputs, fact.settings, case_type, self.bundle.settings)

    def _is_out(self, fact: Fact) -> bool:
        out = fact.id in self.facts and self.facts[fact.id] is None
        if out:
            self.down.append(fact.id)
        return out

    def _list_holding(self) -> Iterator[str]:
        for stop in list(self.unjudged):
            condition = self.rules.truth(stop.when)
            if not self.values.knows(condition.names):
                continue
            self.unjudged.remove(stop)
            if condition.evaluate(self.values) is True and not self._goes_on(stop):
                yield stop.id

    def _goes_on(self, stop: Stop) -> bool:
        goes_on = stop.go_on is not None and self.answers.get(GO_ON + stop.id) is True
        if goes_on:
            self.disputed.append(stop.id)
        return goes_on
