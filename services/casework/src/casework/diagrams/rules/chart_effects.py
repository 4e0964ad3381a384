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
            clock = wording.pick(case_type.clocks[timer.clock].name).text
            yield wording.label(_find_moment(timer), n=abs(timer.hours), clock=clock)
    for reaction in case_type.reactions.values():
        if reaction.action == action:
            yield wording.label("event", event=reaction.event)
    for task in case_type.tasks.values():
        for outcome, then in task.then.items():
            if then == action:
                words = f"{wording.pick(task.name).text}, {wording.pick(task.outcomes[outcome]).text}"
                yield wording.label("on_outcome", outcome=words)


def _find_moment(timer: Timer) -> str:
    """Find which of the labels says when a timer fires."""
    return "due" if timer.hours == 0 else "before" if timer.hours < 0 else "after"


def list_timers(bound: BoundType, wording: Wording, clock: str) -> Iterator[Text]:
    """List what a deadline does when it falls due, or before or after."""
    for timer in bound.case_type.timers.values():
        if timer.clock == clock:
            deeds = "; ".join(_list_deeds(bound, wording, timer))
            moment = wording.label(f"own_{_find_moment(timer)}", n=abs(timer.hours)).text
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
