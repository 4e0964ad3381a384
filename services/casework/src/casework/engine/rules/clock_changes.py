"""What an act's happenings do to the case's clocks, and to the timers that hang on them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from casework.engine.rules.draft import Draft
from casework.model.rules.case_state import ClockChange, ClockEvent
from casework.model.rules.clocks import Clock, Timer
from casework.shared.days import DAY, LONDON, find_local_day, find_local_moment
from casework.shared.words import Words

_NO_LENGTH = Words(
    "The time this takes cannot be worked out, as something about the case is not known.",
    "Ni ellir cyfrifo'r amser y mae hyn yn ei gymryd, gan nad yw rhywbeth am yr achos yn hysbys.",
)
_NO_DAYS = Words(
    "Say which days are to be left out: the first is not after the last.",
    "Nodwch pa ddyddiau sydd i'w gadael allan: nid yw'r cyntaf ar ôl yr olaf.",
)
_NOT_OFFERED = Words("It cannot be renewed yet.", "Ni ellir ei adnewyddu eto.")
_NO_EXTENSION = Words("The time cannot be extended.", "Ni ellir ymestyn yr amser.")

STATUTE = "statute"
"""The basis of a clock that a law sets."""


def apply_to_clocks(draft: Draft, happenings: Sequence[str]) -> None:
    """Apply what happened to every clock it concerns, and compute their due dates again."""
    names = set(happenings)
    for clock in draft.case_type.clocks.values():
        events = list(_list_events(draft, clock, names))
        if events:
            _add_events(draft, clock, events)


def _list_events(draft: Draft, clock: Clock, happenings: set[str]) -> Iterator[ClockEvent]:
    at, act, history = draft.act.counted_at, draft.cause, draft.clocks.get(clock.id, ())
    running = bool(history) and history[-1].change is not ClockChange.STOP
    if running and happenings.intersection(clock.stops_on):
        yield ClockEvent(ClockChange.STOP, at, act)
        running = False
    if running and happenings.intersection(clock.resumes_on) and _is_paused(history):
        yield ClockEvent(ClockChange.RESUME, at, act)
    yield from _list_starts(draft, clock, happenings, running=running)
    if running:
        yield from _list_interruptions(draft, clock, happenings)


def _list_starts(draft: Draft, clock: Clock, happenings: set[str], *, running: bool) -> Iterator[ClockEvent]:
    moved = clock.starts_from in draft.changes and clock.id not in draft.clock_events
    if running and (moved or happenings.intersection(clock.restarts_on)):
        yield from _start(draft, clock, ClockChange.RESTART)
    if not running and happenings.intersection(clock.starts_on):
        yield from _start(draft, clock, ClockChange.START)
    if happenings.intersection(clock.offered_on):
        _check_offer(draft, clock)
    if happenings.intersection(clock.renews_on):
        yield from _renew(draft, clock, running=running)


def _list_interruptions(draft: Draft, clock: Clock, happenings: set[str]) -> Iterator[ClockEvent]:
    history = draft.clocks[clock.id]
    if happenings.intersection(clock.disregards_on):
        yield from _disregard(draft, clock)
    if happenings.intersection(clock.pauses_on) and not _is_paused(history):
        yield ClockEvent(ClockChange.PAUSE, draft.act.counted_at, draft.cause)
    if draft.due_dates.get(clock.id) is not None and happenings.intersection(clock.extends_on):
        yield from _extend(draft, clock)


def find_start(history: Sequence[ClockEvent]) -> ClockEvent | None:
    """Find the event from which a clock that runs is counted; None if it does not run."""
    if not history or history[-1].change is ClockChange.STOP:
        return None
    starts = (ClockChange.START, ClockChange.RESTART)
    return next(event for event in reversed(history) if event.change in starts)


def _is_paused(history: Sequence[ClockEvent]) -> bool:
    pauses = (ClockChange.PAUSE, ClockChange.RESUME, ClockChange.RESTART)
    last = next((event.change for event in reversed(history) if event.change in pauses), None)
    return last is ClockChange.PAUSE


def _start(draft: Draft, clock: Clock, change: ClockChange) -> Iterator[ClockEvent]:
    rule = f"clocks.{clock.id}"
    if clock.when is not None and not draft.weigh(f"{rule}.when", clock.when):
        return
    carried = draft.act.starts.get(clock.id) if clock.law.basis == STATUTE else None
    length = draft.find_quantity(clock.law.length)
    value = draft.fields.get(clock.starts_from) if clock.starts_from else ""
    if not length or (value is None and carried is None):
        draft.refuse(rule, _NO_LENGTH, clock.starts_from or "the field that chooses the length")
        return
    at, day = draft.act.counted_at, None
    if carried is not None:
        yield ClockEvent(change, carried.at, draft.cause, carried.on, length)
        return
    if value and draft.case_type.fields[clock.starts_from].schema.get("format") == "date-time":
        at = datetime.fromisoformat(value).astimezone(UTC)
    elif value:
        day = datetime.fromisoformat(value).date()
    if clock.yearly_on is not None:
        length = _count_to_yearly(day or find_local_day(at), clock.yearly_on)
    yield ClockEvent(change, at, draft.cause, day, length)


def _renew(draft: Draft, clock: Clock, *, running: bool) -> Iterator[ClockEvent]:
    """Begin a new period on the day after the one that runs; today if none does."""
    due = draft.due_dates.get(clock.id)
    if not running or due is None:
        yield from _start(draft, clock, ClockChange.START)
        return
    day = due.on + DAY
    length = (
        _count_to_yearly(day, clock.yearly_on) if clock.yearly_on else draft.find_quantity(clock.law.length)
    )
    if length:
        yield ClockEvent(ClockChange.RESTART, draft.act.counted_at, draft.cause, day, length)
    else:
        draft.refuse(f"clocks.{clock.id}", _NO_LENGTH)


def _check_offer(draft: Draft, clock: Clock) -> None:
    """Refuse what nobody may do before the renewal is offered; a period that is over may be renewed."""
    due = draft.due_dates.get(clock.id)
    days = None if clock.offered_days is None else draft.find_quantity(clock.offered_days)
    left = 0 if due is None else (due.on - find_local_day(draft.act.counted_at)).days
    if not draft.note(
        "renewal.offered_days", holds=days is not None and left <= days, left=left, offered=days
    ):
        draft.refuse("renewal.offered_days", _NOT_OFFERED, str(left))


def _count_to_yearly(first: date, yearly_on: tuple[int, int]) -> int:
    """Count the days from one to the eve of the next such day of a year, both included."""
    end = date(first.year, *yearly_on)
    return ((end if end > first else date(first.year + 1, *yearly_on)) - first).days


def _disregard(draft: Draft, clock: Clock) -> Iterator[ClockEvent]:
    """Leave out the days between two dates of the case, or until that of the act."""
    today = find_local_day(draft.act.counted_at).isoformat()
    first, last = (
        draft.fields.get(clock.disregards_from),
        draft.fields.get(clock.disregards_until) if clock.disregards_until else today,
    )
    if first is None or last is None or last < first:
        draft.refuse(f"clocks.{clock.id}.disregards_on", _NO_DAYS, f"{first} to {last}")
        return
    day = date.fromisoformat(first)
    length = (date.fromisoformat(last) - day).days + 1
    yield ClockEvent(ClockChange.DISREGARD, draft.act.counted_at, draft.cause, day, length)


def _extend(draft: Draft, clock: Clock) -> Iterator[ClockEvent]:
    if clock.extension is not None:
        length = draft.find_quantity(clock.extension)
        yield ClockEvent(ClockChange.EXTEND, draft.act.counted_at, draft.cause, None, length)
        return
    value = draft.fields.get(clock.extension_until)
    if value is None:
        draft.refuse(f"clocks.{clock.id}.extension_until", _NO_LENGTH, clock.extension_until)
        return
    yield ClockEvent(ClockChange.EXTEND, draft.act.counted_at, draft.cause, date.fromisoformat(value))


def _add_events(draft: Draft, clock: Clock, events: list[ClockEvent]) -> None:
    """Add events to a clock's history; one that starts anew after its end has a history of its own."""
    history = draft.clocks.get(clock.id, ())
    if history and history[-1].change is ClockChange.STOP:
        history = ()
    draft.clocks[clock.id] = (*history, *events)
    draft.clock_events[clock.id] = (*draft.clock_events.get(clock.id, ()), *events)
    if events[-1].change is ClockChange.EXTEND:
        history = draft.clocks[clock.id]
        reason = draft.context.due_dates.refuse_extension(clock, history, draft.act.counted_at)
        if reason:
            draft.refuse(f"clocks.{clock.id}.extends_on", _NO_EXTENSION, reason)
    compute_due_date(draft, clock)


def compute_due_date(draft: Draft, clock: Clock) -> None:
    """Compute a clock's due date of its history."""
    history = draft.clocks[clock.id]
    due = None
    if history[-1].change is not ClockChange.STOP:
        answer = draft.context.due_dates.compute(clock, history, draft.act.counted_at)
        if isinstance(answer, str):
            draft.uncomputed[clock.id] = answer
        else:
            due = answer
    if due is None:
        draft.due_dates.pop(clock.id, None)
    else:
        draft.due_dates[clock.id] = due


def _shift(instant: datetime, timer: Timer) -> datetime:
    if not timer.days:
        return instant + timedelta(hours=timer.hours)
    local = instant.astimezone(LONDON)
    return find_local_moment(local.date() + timer.days * DAY, local.time())


def _find_instant(draft: Draft, timer: Timer) -> datetime | None:
    """Find when a clock is due, a booked slot begins, or a hold that was not confirmed is over."""
    if timer.clock:
        due = draft.due_dates.get(timer.clock)
        return None if due is None else due.at
    slot = draft.slots.get(timer.slot or timer.hold)
    if timer.hold:
        return None if slot is None else slot.expires_at
    return slot.starts_at if slot is not None and slot.status == "confirmed" else None


def correct_clocks(draft: Draft, action: str) -> None:
    """Move what an action did to the clocks to another time."""
    for clock, history in draft.clocks.items():
        corrected = tuple(
            event._replace(at=draft.act.counted_at) if event.act == action else event for event in history
        )
        if corrected != history:
            draft.clocks[clock] = corrected
            draft.clock_events[clock] = tuple(event for event in corrected if event.act == action)
            compute_due_date(draft, draft.case_type.clocks[clock])


def stop_clocks(draft: Draft) -> None:
    """Stop every clock that runs."""
    for clock in draft.case_type.clocks.values():
        history = draft.clocks.get(clock.id, ())
        if history and history[-1].change is not ClockChange.STOP:
            _add_events(draft, clock, [ClockEvent(ClockChange.STOP, draft.act.counted_at, draft.cause)])


def arm_timers(draft: Draft) -> None:
    """Arm the timers whose instant is known; one that has fired is armed again only if its instant moved."""
    for timer in draft.case_type.timers.values():
        instant = _find_instant(draft, timer)
        if instant is not None:
            instant = _shift(instant, timer)
        if instant is None or draft.fired.get(timer.id) == instant:
            draft.timers.pop(timer.id, None)
        else:
            draft.timers[timer.id] = instant
