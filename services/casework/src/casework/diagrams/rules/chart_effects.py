"""What actions and states do to deadlines, and what deadlines, tasks and events do by themselves."""

from collections.abc import Iterator

from casework.diagrams.rules.vocabulary import Text, Wording
from casework.model.rules.case_type import BoundType
from casework.model.rules.clocks import Timer

_EFFECTS = ("starts_on", "restarts_on", "pauses_on", "resumes_on", "extends_on", "stops_on")


def list_effects(bound: BoundType, wording: Wording, happening: str) -> Iterator[Text]:
    """List what an action, a task or reaching a state does to deadlines, each kind in one line."""
    for effect in _EFFECTS:
        clocks = [clock for clock in bound.case_type.clocks.values() if happening in getattr(clock, effect)]
        if clocks:
            names = ", ".join(wording.pick(clock.name).text for clock in clocks)
            yield wording.label(effect, clock=names)


def list_causes(bound: BoundType, wording: Wording, action: str) -> Iterator[Text]:
    """List what does an action besides people: timers, events and the outcomes of tasks."""
    case_type = bound.case_type
    for timer in case_type.timers.values():
        if timer.action == action:
            moment, n = _find_moment(timer)
            yield wording.label(moment, n=n, clock=_name_instant(bound, wording, timer))
    for reaction in case_type.reactions.values():
        if reaction.action == action:
            yield wording.label("event", event=reaction.event)
    for task in case_type.tasks.values():
        for outcome, then in task.then.items():
            if then == action:
                words = f"{wording.pick(task.name).text}, {wording.pick(task.outcomes[outcome]).text}"
                yield wording.label("on_outcome", outcome=words)


def _name_instant(bound: BoundType, wording: Wording, timer: Timer) -> str:
    """Name what a timer counts from: a deadline, a booked slot's start, or the end of a hold."""
    if timer.clock:
        return wording.pick(bound.case_type.clocks[timer.clock].name).text
    return wording.label("slot" if timer.slot else "hold").text


def _find_moment(timer: Timer) -> tuple[str, int]:
    """Find which of the labels says when a timer fires, and its number of hours or days."""
    n = timer.days or timer.hours
    if n == 0:
        return "due", 0
    return f"{'before' if n < 0 else 'after'}{'_days' if timer.days else ''}", abs(n)


def list_timers(bound: BoundType, wording: Wording, clock: str) -> Iterator[Text]:
    """List what a deadline does when it falls due, or before or after."""
    for timer in bound.case_type.timers.values():
        if timer.clock == clock:
            deeds = "; ".join(_list_deeds(bound, wording, timer))
            label, n = _find_moment(timer)
            moment = wording.label(f"own_{label}", n=n).text
            yield Text(f"{moment}: {deeds}", wording.language)


def _list_deeds(bound: BoundType, wording: Wording, timer: Timer) -> Iterator[str]:
    case_type = bound.case_type
    if timer.notification:
        message = case_type.notifications[timer.notification]
        role = wording.role(bound, message.to).text
        yield wording.label("tells", role=role, subject=wording.pick(message.subject).text).text
    if timer.action:
        yield wording.label("does", action=wording.pick(case_type.actions[timer.action].name).text).text
    if timer.task:
        yield wording.label("reopens", task=wording.pick(case_type.tasks[timer.task].name).text).text
