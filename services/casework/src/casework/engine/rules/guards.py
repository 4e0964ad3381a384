"""Guards of actions, one function a kind. A guard that fails refuses the act in its own words."""

from collections.abc import Callable

from casework.engine.rules.draft import Draft
from casework.model.rules.case_type import Action, Guard, GuardKind


def weigh_guards(draft: Draft, action: Action) -> None:
    """Weigh every guard of an action, so that a refusal names all that fail."""
    for guard in action.guards:
        rule = f"actions.{action.id}.guards.{guard.id}"
        if _WEIGHERS[guard.kind](draft, guard, rule) is False:
            draft.refuse(rule, guard.refusal)


def _weigh_expression(draft: Draft, guard: Guard, rule: str) -> bool | None:
    return None if guard.expression is None else draft.weigh(rule, guard.expression)


def _weigh_payment(draft: Draft, _: Guard, rule: str) -> bool:
    return draft.note(rule, holds=draft.paid >= draft.charged, paid=draft.paid, charged=draft.charged)


def _weigh_evidence(draft: Draft, guard: Guard, rule: str) -> bool:
    """Evidence counts while it is there, and its clock has not run out."""
    field = draft.case_type.fields[guard.subjects[0]]
    if draft.fields.get(field.id) is None:
        return draft.note(rule, holds=False, known=False)
    if not field.expires:
        return draft.note(rule, holds=True, known=True)
    due = draft.due_dates.get(field.expires)
    return draft.note(rule, holds=due is not None and draft.act.counted_at < due.at, until=due and due.on)


def _weigh_other_person(draft: Draft, guard: Guard, rule: str) -> bool:
    other = draft.actors.get(guard.subjects[0])
    return draft.note(rule, holds=other != draft.act.by.id, other=other, by=draft.act.by.id)


def _weigh_count(draft: Draft, guard: Guard, rule: str) -> bool:
    """With this case, there are at most so many."""
    count = draft.context.counts.get(guard.subjects[0])
    limit = None if guard.limit is None else draft.find_quantity(guard.limit)
    holds = count is not None and limit is not None and count < limit
    return draft.note(rule, holds=holds, others=count, limit=limit)


def _weigh_tasks(draft: Draft, guard: Guard, rule: str) -> bool:
    statuses = {task: draft.tasks[task].status if task in draft.tasks else "" for task in guard.subjects}
    return draft.note(rule, holds=all(status == "done" for status in statuses.values()), **statuses)


_WEIGHERS: dict[GuardKind, Callable[[Draft, Guard, str], bool | None]] = {
    GuardKind.WHEN: _weigh_expression,
    GuardKind.PAID_IN_FULL: _weigh_payment,
    GuardKind.EVIDENCE: _weigh_evidence,
    GuardKind.NOT_SAME_PERSON_AS: _weigh_other_person,
    GuardKind.AT_MOST: _weigh_count,
    GuardKind.TASKS_DONE: _weigh_tasks,
}
