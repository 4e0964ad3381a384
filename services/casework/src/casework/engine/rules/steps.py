"""The steps of one action: its fields, clocks, guards, new state, and what follows."""

from datetime import datetime

from casework.engine.rules.clock_changes import apply_to_clocks
from casework.engine.rules.draft import Draft
from casework.engine.rules.effects import apply_effects
from casework.engine.rules.guards import weigh_guards
from casework.model.rules.case_type import RESIDENT, Action, Target
from casework.shared.field_values import describe_fault
from casework.shared.words import Words

_MOST_STEPS = 4  # actions that one act may lead to
NOT_HERE = Words("This cannot be done now.", "Ni ellir gwneud hyn nawr.")
_WRONG_FIELD = Words("An answer cannot be used.", "Ni ellir defnyddio ateb.")
_MISSING = Words("An answer is needed.", "Mae angen ateb.")
NO_RESULT = Words("Say with which result.", "Nodwch gyda pha ganlyniad.")


def do_action(draft: Draft, name: str) -> None:
    """Do an action: its fields, its clocks, its guards, its new state, and what follows."""
    action = draft.case_type.actions[name]
    rule = f"actions.{name}"
    if draft.state not in action.sources:
        draft.refuse(f"{rule}.from", NOT_HERE, draft.state)
        return
    if len(draft.actions) == _MOST_STEPS:
        draft.refuse(rule, NOT_HERE, f"one act does at most {_MOST_STEPS} actions")
        return
    draft.cause = name
    if name == draft.act.id:
        take_fields(draft, action.asks, action.roles)
    if draft.reasons:
        return
    _set_fields(draft, action)
    apply_to_clocks(draft, [name])
    weigh_guards(draft, action)
    if draft.reasons:
        return
    _move(draft, action)
    draft.actions.append(name)
    draft.actors[name] = draft.act.by.id


def _set_fields(draft: Draft, action: Action) -> None:
    """Set what an action computes; a value that the field cannot have refuses the act."""
    for name, expression in action.sets.items():
        rule = f"actions.{action.id}.sets.{name}"
        outcome = draft.evaluate(rule, expression)
        value = outcome.value.isoformat() if isinstance(outcome.value, datetime) else outcome.value
        fault = outcome.error or describe_fault(draft.case_type.fields[name].schema, value)
        if fault:
            draft.refuse(rule, _MISSING, fault)
        else:
            draft.fields[name] = draft.changes[name] = value


def take_fields(draft: Draft, allowed: tuple[str, ...], roles: frozenset[str] = frozenset()) -> None:
    """Take the act's fields that an action asks for; any other refuses the act.

    ``roles``: those that may do it. Who is none of them but the resident gives no fields of staff.
    """
    is_staff = bool(roles & draft.act.by.roles - {RESIDENT})
    for name, value in draft.act.fields.items():
        field = draft.case_type.fields.get(name)
        fault = "this action does not ask for it" if name not in allowed or field is None else ""
        if field is not None and field.staff and not is_staff:
            fault = fault or "only staff fill it in"
        if field is not None and value is not None:
            fault = fault or describe_fault(field.schema, value)
        if fault:
            draft.refuse(f"fields.{name[:50]}", _WRONG_FIELD, fault)
        elif value is None:
            draft.fields.pop(name, None)
            draft.changes[name] = None
        else:
            draft.fields[name] = draft.changes[name] = value


def _move(draft: Draft, action: Action) -> None:
    """Move the case to the state that an action leads to, and apply what follows."""
    target = _choose_target(draft, action)
    moved = target is not None and target != draft.state
    if target is not None:
        draft.state = target
    _take_result(draft, action)
    for field in draft.case_type.states[draft.state].needs if moved else ():
        if draft.fields.get(field) is None:
            draft.refuse(f"states.{draft.state}.needs.{field}", _MISSING, field)
    happenings = [action.id, draft.state] if moved else [action.id]
    apply_to_clocks(draft, happenings[1:])
    apply_effects(draft, happenings)


def apply_happenings(draft: Draft, happenings: list[str]) -> None:
    """Apply what happened to the clocks and to all else."""
    apply_to_clocks(draft, happenings)
    apply_effects(draft, happenings)


def _choose_target(draft: Draft, action: Action) -> str | None:
    for target in action.targets:
        if target.when is None or draft.weigh(_name_target(action, target), target.when):
            return target.state
    return None


def _name_target(action: Action, target: Target) -> str:
    return f"actions.{action.id}.to.{target.state}"


def _take_result(draft: Draft, action: Action) -> None:
    if not draft.case_type.states[draft.state].end:
        draft.result = ""
    elif len(action.results) == 1:
        draft.result = action.results[0]
    elif action.results and draft.act.result not in action.results:
        draft.refuse(f"actions.{action.id}.result", NO_RESULT, ", ".join(action.results))
    elif action.results:
        draft.result = draft.act.result
