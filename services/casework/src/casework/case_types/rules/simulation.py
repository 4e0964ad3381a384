"""Simulation: the engine that decides live cases, with a virtual clock that fires the timers in between."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from casework.calendar.rules.calendars import Calendars
from casework.documents.rules.scenarios import CalendarDocument, ScenarioDocument, StepDocument
from casework.engine.rules.deadlines import LawOfTime
from casework.engine.rules.decision import decide, recompute
from casework.model.rules.acts import NO_VALUES, Act, ActKind, Actor, Context, Decision, Refusal
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
    make_calendars: Callable[[Sequence[CalendarDocument]], Calendars]
    added: list[CalendarDocument] = field(default_factory=list)
    state: CaseState = field(default_factory=CaseState)
    moments: list[Moment] = field(default_factory=list)

    def play(self, scenario: ScenarioDocument) -> Iterator[tuple[str, StepDocument, list[Moment]]]:
        """Play a scenario; give each step with what happened since the one before."""
        for key, step in sorted(scenario.steps.items()):
            at = read_instant(key)
            start = len(self.moments)
            self.fire_timers(key, at)
            if step.calendar is not None:
                self._change_calendar(key, at, step.calendar)
            act = make_act(step, at)
            if act is not None:
                self.do(key, act, step.counts, step.offered)
            yield key, step, self.moments[start:]

    def do(
        self, step: str, act: Act, counts: Mapping[str, int], offered: Mapping[str, str] = NO_VALUES
    ) -> Decision | Refusal:
        """Do an act; counts that a step does not give are 0. A hold that is over has lost its place."""
        counts_by_id = dict.fromkeys(self.bound.case_type.counts, 0) | dict(counts)
        lost = frozenset(
            name for name, slot in self.state.slots.items() if slot.expires_at and slot.expires_at <= act.at
        )
        answer = decide(self.bound, self.state, act, Context(self.law, counts_by_id, offered, lost))
        if isinstance(answer, Decision):
            self.state = answer.state
        self.moments.append(Moment(step, answer, self.state))
        return answer

    def _change_calendar(self, step: str, at: datetime, document: CalendarDocument) -> None:
        """Count by other days from now on: clocks are computed again, and timers due by now fire."""
        self.added.append(document)
        self.law = LawOfTime(self.make_calendars(self.added))
        if self.state.sequence:
            data = {"reason": "the scenario's calendar"}
            act = Act(ActKind.RECOMPUTE, "recompute", at, _CLOCK, data=data)
            answer = recompute(self.bound, self.state, act, Context(self.law))
            self.state = answer.state
            self.moments.append(Moment(step, answer, self.state))
        self.fire_timers(step, at)

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
