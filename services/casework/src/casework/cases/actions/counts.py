"""Count other cases for the guards that ask: at most so many with the same plate in a year, for example."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from casework.cases import rules
from casework.cases.actions import subjects
from casework.cases.actions.subjects import Subject
from casework.cases.store import records as store
from casework.model.rules.acts import Act, ActKind
from casework.model.rules.case_type import Count, GuardKind
from casework.shared.expressions import Expression
from chassis.database import ReadSession

_COUNT = "count."


async def count_others(session: ReadSession, subject: Subject, act: Act) -> dict[str, int]:
    """Count what the guards of an act ask for; nothing for most acts. One statement for each count."""
    names = _list_counts(subject, act)
    if not names:
        return {}
    fields = {**subject.state.fields, **act.fields}
    counts = subject.version.bound.case_type.counts
    return {name: await _count(session, subject, counts[name], fields) for name in sorted(names)}


def _list_counts(subject: Subject, act: Act) -> set[str]:
    """List the counts that the act's guards limit, or that an expression it may come to reads."""
    case_type = subject.version.bound.case_type
    if not case_type.counts:
        return set()
    actions = (
        [case_type.actions[act.id]] if act.kind is ActKind.ACTION and act.id in case_type.actions else []
    )
    if act.kind is not ActKind.ACTION:  # a task, timer or event may lead to any action
        actions = list(case_type.actions.values())
    guards = [guard for action in actions for guard in action.guards]
    limited = {guard.subjects[0] for guard in guards if guard.kind is GuardKind.AT_MOST}
    expressions: list[Expression | None] = [guard.expression for guard in guards]
    expressions += [clock.when for clock in case_type.clocks.values()]
    for action in actions:
        expressions += [target.when for target in action.targets]
        expressions += action.sets.values()
    names = {name for each in expressions if each is not None for name in each.names}
    return limited | {name.removeprefix(_COUNT) for name in names if name.startswith(_COUNT)}


async def _count(session: ReadSession, subject: Subject, count: Count, fields: Mapping[str, Any]) -> int:
    same = {name: fields.get(name) for name in count.same}
    if None in same.values():
        return 0
    is_own = count.case_type == subject.version.bound.case_type.code and subject.state.sequence == 0
    current = subject.version if is_own else None  # a new case has the published version
    counted_type = current or await subjects.find_published(session, subject.council, count.case_type)
    if counted_type is None:
        return 0
    day = fields.get(count.year_of) if count.year_of else None
    apart = rules.list_apart(counted_type.bound.case_type)
    equal, equal_apart = rules.split_fields({**same, **count.where}, apart)
    counted = store.Counted(
        code=count.case_type,
        equal=equal,
        equal_apart=equal_apart,
        states=count.states,
        year_of=count.year_of if day is not None else "",
        year=date.fromisoformat(str(day)).year if day is not None else 0,
    )
    return await store.count_cases(session, subject.council, subject.mode, subject.id, counted)
