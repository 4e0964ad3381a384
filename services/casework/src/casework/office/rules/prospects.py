"""What could be done to a case, before anybody has answered what an action asks for."""

from casework.engine.rules.decision import decide
from casework.model.rules.acts import Act, Context, Reason, Refusal
from casework.model.rules.case_state import CaseState
from casework.model.rules.case_type import Action, BoundType, CaseType, Guard, GuardKind

_OF_ANSWERS = ("field.", "known.")


def foresee(bound: BoundType, state: CaseState, act: Act, context: Context) -> tuple[Reason, ...]:
    """Foresee why an action cannot be done, whatever is answered; nothing if the answers decide."""
    action = bound.case_type.actions[act.id]
    answer = decide(bound, state, act, context)
    if not isinstance(answer, Refusal):
        return ()
    open_rules = _list_open_rules(bound.case_type, action)
    return tuple(reason for reason in answer.reasons if reason.rule not in open_rules)


def _list_open_rules(case_type: CaseType, action: Action) -> set[str]:
    """List the rules that depend on what the action asks for, or on what is chosen with it."""
    asks, rule = set(action.asks), f"actions.{action.id}"
    rules = {f"{rule}.result", *(f"{rule}.sets.{name}" for name in action.sets)}
    rules |= {f"states.{target.state}.needs.{name}" for target in action.targets for name in asks}
    for target in action.targets:
        if target.when is not None and _reads(target.when.names, asks, case_type):
            rules.add(f"{rule}.to.{target.state}")
    guards = (guard for guard in action.guards if _depends(guard, asks, case_type))
    return rules | {f"{rule}.guards.{guard.id}" for guard in guards}


def _depends(guard: Guard, asks: set[str], case_type: CaseType) -> bool:
    match guard.kind:
        case GuardKind.WHEN:
            return guard.expression is not None and _reads(guard.expression.names, asks, case_type)
        case GuardKind.EVIDENCE:
            return guard.subjects[0] in asks
        case GuardKind.AT_MOST:
            count = case_type.counts[guard.subjects[0]]
            return bool(asks.intersection({*count.same, count.year_of}))
    return False


def _reads(names: tuple[str, ...], asks: set[str], case_type: CaseType) -> bool:
    """Tell whether an expression reads an answer, the chosen result, or a clock that starts from one."""
    starts = {clock.id for clock in case_type.clocks.values() if clock.starts_from in asks}
    for name in names:
        if name == "chosen_result" or (name.startswith(_OF_ANSWERS) and name.partition(".")[2] in asks):
            return True
        if name.startswith("clock.") and name.split(".")[1] in starts:
            return True
    return False
