"""What a picture of a case type shows, in order: stages with their actions, deadlines, notes."""

from collections.abc import Iterator
from dataclasses import dataclass

from casework.diagrams.rules.chart_effects import list_causes, list_effects, list_timers
from casework.diagrams.rules.vocabulary import Text, Wording
from casework.model.rules.case_type import NEW, Action, BoundType, Guard, GuardKind, Target, Task


@dataclass(frozen=True, slots=True)
class Way:
    """Where an action leads, and in words."""

    state: str
    text: Text


@dataclass(frozen=True, slots=True)
class Step:
    """An action that can be done in a stage, or a task that is open in it."""

    id: str
    name: Text
    roles: Text
    details: tuple[Text, ...]  # what else does it, what it does to deadlines
    notes: tuple[int, ...]  # numbers of conditions
    ways: tuple[Way, ...]
    is_task: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """A state and all that can be done in it."""

    id: str
    name: Text
    details: tuple[Text, ...]  # what reaching it does to deadlines
    steps: tuple[Step, ...]
    kind: str  # start, open, end


@dataclass(frozen=True, slots=True)
class Deadline:
    """A clock of the type in words."""

    id: str
    name: Text
    length: Text
    basis: Text
    timers: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A case type as a picture shows it."""

    code: str
    version: str
    title: Text
    summary: Text
    stages: tuple[Stage, ...]
    deadlines: tuple[Deadline, ...]
    notes: tuple[Text, ...]
    wording: Wording


def make_chart(bound: BoundType, wording: Wording) -> Chart:
    """Make the chart of a type, its states in the order of the file: as its author tells it."""
    case_type = bound.case_type
    numbers = _number_guards(bound)
    names = [NEW, *case_type.states]
    summary = wording.label("summary", states=len(case_type.states), actions=len(case_type.actions))
    return Chart(
        code=case_type.code,
        version=case_type.version,
        title=wording.pick(case_type.name),
        summary=summary,
        stages=tuple(_make_stage(bound, wording, name, numbers) for name in names),
        deadlines=tuple(_list_deadlines(bound, wording)),
        notes=tuple(_write_note(wording, guard) for guard in _list_guards(bound)),
        wording=wording,
    )


def _list_guards(bound: BoundType) -> list[Guard]:
    """List guards, those that ask and say the same but once."""
    guards = (guard for action in bound.case_type.actions.values() for guard in action.guards)
    return list({_describe(guard): guard for guard in guards}.values())


def _number_guards(bound: BoundType) -> dict[str, int]:
    return {_describe(guard): number for number, guard in enumerate(_list_guards(bound), 1)}


def _describe(guard: Guard) -> str:
    return f"{guard.refusal.en}\0{_write_rule(guard)}"


def _write_rule(guard: Guard) -> str:
    """Write a guard as its author did."""
    if guard.kind is GuardKind.WHEN and guard.expression is not None:
        return guard.expression.text
    return f"{guard.kind.value.replace('_', ' ')} {', '.join(guard.subjects)}".strip()


def _write_note(wording: Wording, guard: Guard) -> Text:
    text = wording.pick(guard.refusal)
    if wording.readers == "public":
        return text
    return Text(f"{text.text} [{_write_rule(guard)}]", text.language)


def _make_stage(bound: BoundType, wording: Wording, name: str, numbers: dict[str, int]) -> Stage:
    case_type = bound.case_type
    actions = [action for action in case_type.actions.values() if name in action.sources]
    state = case_type.states.get(name)
    kind = "start" if state is None else "end" if state.end else "open"
    tasks = [task for task in case_type.tasks.values() if name in task.states]
    return Stage(
        id=name,
        name=wording.state(bound, name),
        details=tuple(list_effects(bound, wording, name)),
        steps=(
            *(_make_step(bound, wording, action, numbers) for action in actions),
            *(_make_task(bound, wording, task) for task in tasks),
        ),
        kind=kind,
    )


def _make_step(bound: BoundType, wording: Wording, action: Action, numbers: dict[str, int]) -> Step:
    names = (wording.role(bound, role) for role in sorted(action.roles))
    notes = sorted({numbers[_describe(guard)] for guard in action.guards})
    return Step(
        id=action.id,
        name=wording.pick(action.name),
        roles=Text(", ".join(name.text for name in names), wording.language),
        details=(*list_causes(bound, wording, action.id), *list_effects(bound, wording, action.id)),
        notes=tuple(notes),
        ways=tuple(_list_ways(bound, wording, action.targets)),
    )


def _list_ways(bound: BoundType, wording: Wording, targets: tuple[Target, ...]) -> Iterator[Way]:
    for target in targets:
        state = wording.state(bound, target.state).text
        if target.when is not None:
            text = wording.label("if", condition=target.when.text, state=state)
        else:
            text = wording.label("to" if len(targets) == 1 else "else", state=state)
        yield Way(target.state, text)


def _make_task(bound: BoundType, wording: Wording, task: Task) -> Step:
    outcomes = ", ".join(wording.pick(words).text for words in task.outcomes.values())
    details = [Text(outcomes, wording.language)] if outcomes else []
    return Step(
        id=task.id,
        name=wording.label("task", task=wording.pick(task.name).text),
        roles=wording.role(bound, task.role),
        details=(*details, *list_effects(bound, wording, task.id)),
        notes=(),
        ways=(),
        is_task=True,
    )


def _list_deadlines(bound: BoundType, wording: Wording) -> Iterator[Deadline]:
    for clock in bound.case_type.clocks.values():
        yield Deadline(
            id=clock.id,
            name=wording.pick(clock.name),
            length=Text(wording.length(bound, clock.law), wording.language),
            basis=Text(wording.basis(clock.law), wording.language),
            timers=tuple(list_timers(bound, wording, clock.id)),
        )
