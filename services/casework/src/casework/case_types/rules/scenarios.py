"""Scenarios: they are played, and every expectation that does not hold is a fault with its line."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from casework.case_types.rules.simulation import Moment, Simulation
from casework.documents.rules.scenarios import ScenarioFileDocument, StepDocument
from casework.model.rules.acts import ActKind, Decision, Refusal
from casework.model.rules.case_state import CaseState
from casework.model.rules.case_type import CaseType
from casework.shared.days import LONDON
from casework.shared.faults import CaseTypeError, Fault, Path
from casework.shared.yaml_source import Source, read_source


def read_scenarios(file: str, text: str) -> tuple[Source, ScenarioFileDocument]:
    """Read a file of scenarios. Raises CaseTypeError."""
    source = read_source(file, text)
    try:
        return source, ScenarioFileDocument.model_validate(source.content)
    except ValidationError as error:
        raise CaseTypeError(
            source.make_fault(fault["loc"], f"{fault['msg']}.") for fault in error.errors(include_url=False)
        ) from None


def check_step(
    source: Source, path: Path, simulation: Simulation, step: StepDocument, moments: list[Moment]
) -> Iterator[Fault]:
    """Compare a step's expectations with what happened."""
    acted = any((step.do, step.task, step.event, step.correct, step.refunded))
    yield from _check_refusal(source, path, step, moments[-1].answer if acted else None)
    yield from _check_state(source, path, simulation, step)
    decisions = [moment.answer for moment in moments if isinstance(moment.answer, Decision)]
    messages = [message.notification for decision in decisions for message in decision.messages]
    yield from _check_names(source, (*path, "messages"), step.messages, messages)
    opened = [new.sub_case for decision in decisions for new in decision.sub_cases]
    yield from _check_names(source, (*path, "opens"), step.opens, opened)
    fired = [decision.act.id for decision in decisions if decision.act.kind is ActKind.TIMER]
    yield from _check_names(source, (*path, "fired"), step.fired, fired)
    refund = sum(decision.refund for decision in decisions)
    if step.refund is not None and step.refund != refund:
        yield source.make_fault((*path, "refund"), f"{refund} pence are given back.")


def _check_state(source: Source, path: Path, simulation: Simulation, step: StepDocument) -> Iterator[Fault]:
    state = simulation.state
    if step.state is not None and step.state != state.state:
        yield source.make_fault((*path, "state"), f"the case is {state.state}.")
    dues = _list_due(simulation.bound.case_type, state, step)
    yield from _check_map(source, (*path, "due"), step.due, dues)
    tasks = {task: each.outcome or each.status for task, each in state.tasks.items()}
    yield from _check_map(source, (*path, "tasks"), step.tasks, tasks)
    slots = {name: state.slots[name].status if name in state.slots else "none" for name in step.slots}
    yield from _check_map(source, (*path, "slots"), dict(step.slots), slots)
    yield from _check_map(source, (*path, "values"), step.values, dict(state.fields))
    pence: dict[str, Any] = {str(name): amount for name, amount in step.pence.items()}
    yield from _check_map(source, (*path, "pence"), pence, {name: getattr(state, name) for name in pence})


def _check_refusal(
    source: Source, path: Path, step: StepDocument, answer: Decision | Refusal | None
) -> Iterator[Fault]:
    reasons = () if answer is None else answer.reasons if isinstance(answer, Refusal) else answer.not_done
    rules = [reason.rule for reason in reasons]
    for index, rule in enumerate(step.refused):
        if not any(each.endswith(f".{rule}") or each == rule for each in rules):
            message = f"it is not refused by {rule}, but by: {', '.join(rules) or 'nothing'}."
            yield source.make_fault((*path, "refused", index), message)
    if reasons and not step.refused:
        why = "; ".join(f"{each.rule}: {each.words.en} {each.detail}".strip() for each in reasons)
        yield source.make_fault(path, f"it is refused by {why}")


def _list_due(case_type: CaseType, state: CaseState, step: StepDocument) -> dict[str, str]:
    dues = dict.fromkeys(case_type.clocks, "none")
    for clock, due in state.due_dates.items():
        hour = " " in step.due.get(clock, "")
        dues[clock] = f"{due.at.astimezone(LONDON):%Y-%m-%d %H:%M}" if hour else due.on.isoformat()
    return dues


def _check_map(
    source: Source, path: Path, expected: dict[str, Any], actual: dict[str, Any]
) -> Iterator[Fault]:
    for name, value in expected.items():
        if actual.get(name) != value:
            yield source.make_fault((*path, name), f"it is {actual.get(name, 'not there')}.")


def _check_names(
    source: Source, path: Path, expected: Sequence[str], actual: Sequence[str]
) -> Iterator[Fault]:
    if expected and sorted(expected) != sorted(actual):
        yield source.make_fault(path, f"they are: {', '.join(actual) or 'none'}.")
