"""Simulation: the engine that decides live cases, with a virtual clock that fires the timers in between."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from casework.documents.rules.scenarios import ScenarioDocument, StepDocument
from casework.engine.rules.deadlines import LawOfTime
from casework.engine.rules.decision import decide
from casework.model.rules.acts import Act, ActKind, Actor, Context, Decision, Refusal
from casework.model.rules.case_state import CaseState
from casework.model.rules.case_type import SYSTEM, BoundType
from casework.shared.days import LONDON

_MOST_FIRINGS = 200  # timers between two steps
_CLOCK = Actor(SYSTEM, frozenset({SYSTEM}))


@dataclass(frozen=True, slots=True)
class Moment:
    """One act of a simulation, and what came of it."""

    step: str  # the key of the scenario's step
    answer: Decision | Refusal
    state: CaseState  # after it


@dataclass
class Simulation:
    """A case that is played."""

    bound: BoundType
    law: LawOfTime
    state: CaseState = field(default_factory=CaseState)
    moments: list[Moment] = field(default_factory=list)

    def play(self, scenario: ScenarioDocument) -> Iterator[tuple[str, StepDocument, list[Moment]]]:
        """Play a scenario; give each step with what happened since the one before."""
        for key, step in sorted(scenario.steps.items()):
            at = read_instant(key)
            start = len(self.moments)
            self.fire_timers(key, at)
            act = make_act(step, at)
            if act is not None:
                self.do(key, act, step.counts)
            yield key, step, self.moments[start:]

    def do(self, step: str, act: Act, counts: Mapping[str, int]) -> Decision | Refusal:
        """Do an act; counts that a step does not give are 0."""
        counts_by_id = dict.fromkeys(self.bound.case_type.counts, 0) | dict(counts)
        answer = decide(self.bound, self.state, act, Context(self.law, counts_by_id))
        if isinstance(answer, Decision):
            self.state = answer.state
        self.moments.append(Moment(step, answer, self.state))
        return answer

    def fire_timers(self, step: str, until: datetime) -> None:
        """Fire the timers that are due, in order, and those they arm."""
        dropped: set[str] = set()
        for _ in range(_MOST_FIRINGS):
            armed = {name: at for name, at in self.state.timers.items() if name not in dropped}
            due = min(((at, name) for name, at in armed.items() if at <= until), default=None)
            if due is None:
                return
            act = Act(ActKind.TIMER, due[1], due[0], _CLOCK)
            if isinstance(self.do(step, act, {}), Refusal):
                dropped.add(due[1])


def read_instant(key: str) -> datetime:
    """Read a step's instant, which is UK time."""
    return datetime.strptime(key, "%Y-%m-%d %H:%M").replace(tzinfo=LONDON)


def make_act(step: StepDocument, at: datetime) -> Act | None:
    """Make the act of a step; None if it has none."""
    acts = {
        ActKind.ACTION: step.do,
        ActKind.TASK: step.task,
        ActKind.EVENT: step.event,
        ActKind.CORRECTION: step.correct,
    }
    if step.refunded is not None:
        data = {"refund_amount": step.refunded}
        return Act(ActKind.REFUND, "refund", at, _CLOCK, data=data)
    kind = next((kind for kind, name in acts.items() if name), None)
    if kind is None:
        return None
    role, _, person = step.by.partition(" ")  # the same person may act in two roles
    return Act(
        kind=kind,
        id=acts[kind] or "",
        at=at,
        by=Actor(person or role, frozenset({role})),
        effective=read_instant(step.effective) if step.effective else None,
        fields=step.fields,
        outcome=step.outcome or "",
        result=step.result or "",
        data=step.data,
    )
