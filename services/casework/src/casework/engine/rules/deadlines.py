"""When clocks fall due: the case's clock events, folded by ``casework.clocks.rules``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache

from casework.calendar.rules.calendars import CalendarName, Calendars
from casework.calendar.rules.nations import Nation
from casework.clocks import rules as law
from casework.model.rules.case_state import ClockChange, ClockEvent, DueDate
from casework.model.rules.clocks import Clock
from casework.shared.days import LONDON, find_local_day

_STARTS = {ClockChange.START, ClockChange.RESTART}
_RUNNING = {law.ClockStatus.RUNNING, law.ClockStatus.BREACHED}
_EVENTS: dict[ClockChange, type[law.ClockEvent]] = {
    ClockChange.START: law.Started,
    ClockChange.RESTART: law.Restarted,
    ClockChange.PAUSE: law.Paused,
    ClockChange.RESUME: law.Resumed,
    ClockChange.STOP: law.Met,
}
_NO_DUE_DATE = (law.CannotBeComputed, law.ClockDoesNotApply, law.RuleNotInForce, law.InvalidClock)
_MOST_AGREEMENTS = 50
_MICROSECOND = timedelta(microseconds=1)


@lru_cache(maxsize=4096)
def define_clock(clock: Clock, amount: int, extension: int) -> law.ClockDefinition:
    """Define a clock of a length in the words of law. Raises InvalidClock."""
    clock_law = clock.law
    rule = law.ClockRule(
        amount=amount,
        unit=law.Unit(clock_law.unit),
        calendar=None if clock_law.calendar in {"none", "school"} else CalendarName(clock_law.calendar),
        first_day=law.FirstDay(clock_law.first_day),
        direction=law.Direction(clock_law.direction),
        clear=clock_law.clear,
        roll=law.Roll(clock_law.roll),
        roll_start=clock_law.roll_start,
        pause_days=law.PauseDays(clock_law.pause_days),
        extension=_define_extension(clock, extension),
        ends_at=time.fromisoformat(clock_law.ends_at) if clock_law.ends_at else None,
        in_force_from=clock_law.in_force,
        in_force_until=clock_law.until,
    )
    source = law.Source(clock_law.source, law.Basis(clock_law.basis), verified=clock_law.verified)
    nations = frozenset(map(Nation, clock_law.nations))
    on_expiry = law.OnExpiry(clock_law.on_expiry)
    return law.ClockDefinition(
        name=clock.name.en, rules=(rule,), source=source, applies_in=nations, on_expiry=on_expiry
    )


def _define_extension(clock: Clock, most: int) -> law.Extension | None:
    ground = law.ExtensionGround(clock.law.extension_by)
    if clock.extension_until:
        return law.Extension(ground=ground, most=None, times=_MOST_AGREEMENTS)
    return None if clock.extension is None else law.Extension(ground=ground, most=most)


@dataclass(frozen=True, slots=True)
class LawOfTime:
    """Computes due dates by a council's calendars."""

    calendars: Calendars

    def compute(self, clock: Clock, events: Sequence[ClockEvent], now: datetime) -> DueDate | str | None:
        """Compute a clock's due date; None if it does not run; or say why it cannot be computed."""
        try:
            state = self._fold(clock, events, now)
        except _NO_DUE_DATE as error:
            return str(error)
        if state.due is None or state.status not in _RUNNING:
            return None
        return DueDate(state.due.day, state.due.ends_at, state.due.provisional)

    def refuse_extension(self, clock: Clock, events: Sequence[ClockEvent], now: datetime) -> str:
        """Say why the last event, an extension, may not be; an empty string if it may."""
        try:
            ignored = self._fold(clock, events, now).ignored
        except _NO_DUE_DATE as error:
            return str(error)
        return ignored[-1].reason if ignored and ignored[-1].id == str(len(events) - 1) else ""

    def explain(self, clock: Clock, events: Sequence[ClockEvent], now: datetime) -> tuple[str, ...]:
        """Explain a clock's due date, sentence by sentence."""
        try:
            steps = law.explain_clock(self._fold(clock, events, now), self.calendars)
        except _NO_DUE_DATE as error:
            return (str(error),)
        return tuple(step.text for step in steps)

    def find_status(self, clock: Clock, events: Sequence[ClockEvent], now: datetime) -> str:
        """Find whether a clock runs, is paused, was met or ran out; empty if that cannot be computed."""
        try:
            return self._fold(clock, events, now).status
        except _NO_DUE_DATE:
            return ""

    def _fold(self, clock: Clock, events: Sequence[ClockEvent], now: datetime) -> law.ClockState:
        lengths = [event.length for event in events if event.change in _STARTS and event.length]
        most = max((event.length or 0 for event in events if event.change is ClockChange.EXTEND), default=1)
        definition = define_clock(clock, lengths[-1], most)
        return law.fold_clock(definition, _translate(clock, events), self.calendars, now)


def _translate(clock: Clock, events: Sequence[ClockEvent]) -> Iterator[law.ClockEvent]:
    """Translate the case's clock events to those of law."""
    ground = law.ExtensionGround(clock.law.extension_by)
    for index, event in enumerate(events):
        at = event.at if event.on is None else datetime.combine(event.on, time(12), LONDON)
        entered_at = event.at + index * _MICROSECOND
        if event.change is ClockChange.DISREGARD:
            first = event.on or find_local_day(event.at)
            last = first + timedelta(days=(event.length or 1) - 1)
            yield law.Disregarded(id=str(index), at=event.at, entered_at=entered_at, first=first, last=last)
        elif event.change is ClockChange.EXTEND:
            yield law.Extended(
                id=str(index),
                at=event.at,
                entered_at=entered_at,
                by=event.length,
                until=event.on,
                ground=ground,
            )
        else:
            yield _EVENTS[event.change](id=str(index), at=at, entered_at=entered_at)
