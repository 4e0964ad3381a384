"""A simulation in words: every state, each clock with its due date, and the rules that fired and why."""

from collections.abc import Iterator

from casework.case_types.rules.simulation import Moment, Simulation
from casework.model.rules.acts import Decision, Refusal, Weighed
from casework.model.rules.case_type import BoundType
from casework.shared.days import LONDON, format_day


def write_moment(simulation: Simulation, moment: Moment) -> Iterator[str]:
    """Write what one act made of a case, a line at a time."""
    answer = moment.answer
    instant = f"{answer.act.at.astimezone(LONDON):%a %d %b %Y %H:%M}"
    yield f"{instant}  {answer.act.kind} {answer.act.id}, by {answer.act.by.id}"
    for weighed in answer.weighed:
        yield f"    {write_weighed(weighed)}"
    if isinstance(answer, Refusal):
        for reason in answer.reasons:
            detail = f" ({reason.detail})" if reason.detail else ""
            yield f"  refused: {reason.words.en}{detail} [{reason.rule}]"
        return
    for reason in answer.not_done:
        yield f"  recorded, but not done: {reason.words.en} [{reason.rule}]"
    yield f"  state: {answer.state.state}{f', result {answer.state.result}' if answer.state.result else ''}"
    yield from (f"  {line}" for line in _write_effects(answer))
    yield from (f"  {line}" for line in _write_clocks(simulation, answer))


def write_weighed(weighed: Weighed) -> str:
    """Write a rule that was weighed, with the values that decided it."""
    values = ", ".join(f"{name} = {value}" for name, value in weighed.values.items() if value is not None)
    outcome = weighed.error or ("yes" if weighed.holds else "no")
    return f"{weighed.rule}: {outcome}{f'  ({values})' if values else ''}"


def _write_effects(decision: Decision) -> Iterator[str]:
    yield from (f"field {name} = {value}" for name, value in decision.changes.items())
    yield from (f"task {task} is open" for task in decision.opened_tasks)
    for task in decision.closed_tasks:
        yield f"task {task} is {decision.state.tasks[task].outcome or decision.state.tasks[task].status}"
    yield from (f"message {each.notification} to {each.to}: {each.subject.en}" for each in decision.messages)
    yield from (f"opens a case {new_case.case_type}" for new_case in decision.sub_cases)
    yield from (f"{link.relation} {link.reference}" for link in decision.links)
    yield from (f"slot {slot.slot}: {slot.change} {slot.chosen}" for slot in decision.slots)
    if decision.refund:
        yield f"is to give back {decision.refund} pence"
    for timer, at in decision.armed.items():
        yield f"timer {timer} at {at.astimezone(LONDON):%a %d %b %Y %H:%M}"
    yield from (f"timer {timer} is off" for timer in decision.cancelled)


def _write_clocks(simulation: Simulation, decision: Decision) -> Iterator[str]:
    for name, due in decision.due.items():
        changes = ", ".join(event.change for event in decision.clock_events.get(name, ()))
        day = "does not run" if due is None else f"due {format_day(due.on)}"
        provisional = " (provisional: its holidays are a forecast)" if due and due.provisional else ""
        yield f"clock {name} ({changes or 'moved'}): {day}{provisional}"
        if due is not None:
            clock, history = simulation.bound.case_type.clocks[name], decision.state.clocks[name]
            for step in simulation.law.explain(clock, history, decision.act.counted_at):
                yield f"    {step}"
    for name, why in decision.uncomputed.items():
        yield f"clock {name} cannot be computed: {why}"


def write_type(bound: BoundType) -> Iterator[str]:
    """Write which type is played, and with which parameters."""
    case_type = bound.case_type
    yield f"{case_type.name.en} ({case_type.code} {case_type.version}) in {bound.nation}"
    for name, value in bound.parameters.items():
        yield f"  {name} = {value} {case_type.parameters[name].unit.replace('_', ' ')}".rstrip()
