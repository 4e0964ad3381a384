"""The engine: what an act makes of a case, or why it may not be."""

from dataclasses import replace

from casework.engine.rules.clock_changes import arm_timers, compute_due_date, correct_clocks
from casework.engine.rules.draft import Draft
from casework.engine.rules.effects import send, split_case
from casework.engine.rules.money import record_refund
from casework.engine.rules.steps import NO_RESULT, NOT_HERE, apply_happenings, do_action, take_fields
from casework.model.rules.acts import Act, ActKind, Context, Decision, Reason, Refusal
from casework.model.rules.case_state import CaseState, TaskState
from casework.model.rules.case_type import BoundType
from casework.shared.words import Words

_UNKNOWN = Words(
    "There is no such act in this case type.", "Nid oes gweithred o'r fath yn y math hwn o achos."
)
_NOT_YOU = Words("Your role may not do this.", "Ni chaiff eich rôl wneud hyn.")
_NOT_ARMED = Words("The timer is no longer due.", "Nid yw'r amserydd yn ddyledus mwyach.")
_OTHER_EVENT = Words("The event is not about this case.", "Nid yw'r digwyddiad yn ymwneud â'r achos hwn.")
_NOT_COPIED = Words(
    "The new case takes other fields than these.", "Mae'r achos newydd yn cymryd meysydd eraill."
)
_WRONG_AMOUNT = Words("The event names no amount.", "Nid yw'r digwyddiad yn enwi swm.")


def decide(bound: BoundType, state: CaseState, act: Act, context: Context) -> Decision | Refusal:
    """Decide an act on a case. A new case has ``CaseState()``. Never raises for what an act holds."""
    draft = Draft(bound, state, act, context)
    _ACTS[act.kind](draft)
    arm_timers(draft)
    if draft.reasons and draft.payment:
        return _record_payment(draft, tuple(draft.reasons))
    return Refusal(act, tuple(draft.reasons), tuple(draft.weighed)) if draft.reasons else _finish(draft)


def keep_payment(
    bound: BoundType, state: CaseState, decision: Decision, refusal: Refusal, context: Context
) -> Decision | None:
    """Keep the money of a decision that was refused for another case's sake; None if no money came."""
    draft = Draft(bound, state, decision.act, context)
    reaction = bound.case_type.reactions.get(decision.act.id)
    if decision.act.kind is not ActKind.EVENT or reaction is None or not reaction.amount:
        return None
    if decision.act.is_counted:  # the money is kept already
        return None
    draft.payment = decision.act.data[reaction.amount.removeprefix("data.")]
    draft.weighed = list(decision.weighed)
    return _record_payment(draft, refusal.reasons)


def _record_payment(refused: Draft, reasons: tuple[Reason, ...]) -> Decision:
    """Record money that came, though the action it was for cannot be done (yet)."""
    draft = Draft(refused.bound, refused.before, refused.act, refused.context)
    draft.paid += refused.payment
    draft.weighed = refused.weighed
    return replace(_finish(draft), not_done=reasons)


def recompute(bound: BoundType, state: CaseState, act: Act, context: Context) -> Decision:
    """Compute every clock again, since other days count now: ``act`` says when, and its data the reason."""
    draft = Draft(bound, state, act, context)
    draft.note("calendar", holds=True, **act.data)
    for clock in state.clocks:
        compute_due_date(draft, bound.case_type.clocks[clock])
    arm_timers(draft)
    return _finish(draft)


def _act_action(draft: Draft) -> None:
    action = draft.case_type.actions.get(draft.act.id)
    if action is None:
        draft.refuse(f"actions.{draft.act.id}", _UNKNOWN)
    elif not draft.note(f"actions.{action.id}.by", holds=bool(action.roles & draft.act.by.roles)):
        draft.refuse(f"actions.{action.id}.by", _NOT_YOU)
    else:
        do_action(draft, action.id)


def _act_task(draft: Draft) -> None:
    act, task = draft.act, draft.case_type.tasks.get(draft.act.id)
    if task is None:
        draft.refuse(f"tasks.{act.id}", _UNKNOWN)
    elif task.role not in act.by.roles:
        draft.refuse(f"tasks.{task.id}.by", _NOT_YOU)
    elif task.id not in draft.tasks or draft.tasks[task.id].status != "open":
        draft.refuse(f"tasks.{task.id}", NOT_HERE)
    elif bool(task.outcomes) != bool(act.outcome) or (task.outcomes and act.outcome not in task.outcomes):
        draft.refuse(f"tasks.{task.id}.outcomes", NO_RESULT, ", ".join(task.outcomes))
    else:
        draft.cause = task.id
        draft.tasks[task.id] = TaskState("done", act.outcome, act.by.id)
        draft.closed_tasks.append(task.id)
        take_fields(draft, ())  # an action asks for fields
        apply_happenings(draft, [task.id])
        if act.outcome in task.then:
            do_action(draft, task.then[act.outcome])


def _act_timer(draft: Draft) -> None:
    timer, armed = draft.case_type.timers.get(draft.act.id), draft.timers.get(draft.act.id)
    if timer is None or armed is None or draft.act.at < armed:
        draft.refuse(f"timers.{draft.act.id}", _NOT_ARMED)
        return
    draft.fired[timer.id] = armed
    draft.note(f"timers.{timer.id}", holds=True, due=armed)
    if timer.notification:
        send(draft, draft.case_type.notifications[timer.notification])
    if timer.task:
        draft.tasks[timer.task] = TaskState("open")
        draft.opened_tasks.append(timer.task)
    if timer.action:
        do_action(draft, timer.action)


def _act_event(draft: Draft) -> None:
    reaction = draft.case_type.reactions.get(draft.act.id)
    if reaction is None:
        draft.refuse(f"reactions.{draft.act.id}", _UNKNOWN)
        return
    rule = f"reactions.{reaction.id}"
    if reaction.where is not None and draft.weigh(f"{rule}.where", reaction.where) is False:
        draft.refuse(f"{rule}.where", _OTHER_EVENT)
    if reaction.amount and not draft.act.is_counted and not draft.reasons:
        amount = draft.act.data.get(reaction.amount.removeprefix("data."))
        if type(amount) is not int or amount <= 0:
            draft.refuse(f"{rule}.amount", _WRONG_AMOUNT)
            return
        draft.payment = amount
        draft.paid += amount
    if not draft.reasons:
        do_action(draft, reaction.action)


def _act_split(draft: Draft) -> None:
    """Open a case of a part of this one: the state and the clocks of this one stay."""
    split, act = draft.case_type.splits.get(draft.act.id), draft.act
    if split is None:
        draft.refuse(f"splits.{act.id}", _UNKNOWN)
        return
    rule = f"splits.{split.id}"
    if not draft.note(f"{rule}.by", holds=bool(split.roles & act.by.roles)):
        draft.refuse(f"{rule}.by", _NOT_YOU)
    elif draft.state not in split.sources:
        draft.refuse(f"{rule}.from", NOT_HERE, draft.state)
    elif act.chosen is not None and not act.chosen <= set(split.copies):
        draft.refuse(f"{rule}.copies", _NOT_COPIED, ", ".join(split.copies))
    else:
        split_case(draft, split)


def _act_correction(draft: Draft) -> None:
    """Move what an action did to the clocks to when it truly happened."""
    action = draft.case_type.actions.get(draft.act.id)
    if action is None or action.id not in draft.actors:
        draft.refuse(f"actions.{draft.act.id}", _UNKNOWN)
    elif not action.roles & draft.act.by.roles:
        draft.refuse(f"actions.{action.id}.by", _NOT_YOU)
    else:
        correct_clocks(draft, action.id)


_ACTS = {
    ActKind.ACTION: _act_action,
    ActKind.TASK: _act_task,
    ActKind.TIMER: _act_timer,
    ActKind.EVENT: _act_event,
    ActKind.REFUND: record_refund,
    ActKind.SPLIT: _act_split,
    ActKind.CORRECTION: _act_correction,
}


def _finish(draft: Draft) -> Decision:
    before = draft.before
    state = CaseState(
        state=draft.state,
        fields=draft.fields,
        tasks=draft.tasks,
        clocks=draft.clocks,
        due_dates=draft.due_dates,
        timers=draft.timers,
        fired=draft.fired,
        actors=draft.actors,
        charged=draft.charged,
        paid=draft.paid,
        fee_lines=draft.fee_lines,
        refund_due=draft.refund_due,
        refunded=draft.refunded,
        slots=draft.slots,
        result=draft.result,
        sequence=before.sequence + 1,
    )
    clocks = {**before.due_dates, **draft.due_dates, **draft.clock_events}
    return Decision(
        act=draft.act,
        state=state,
        actions=tuple(draft.actions),
        changes=draft.changes,
        clock_events=draft.clock_events,
        due={
            clock: draft.due_dates.get(clock)
            for clock in clocks
            if clock in draft.clock_events or before.due_dates.get(clock) != draft.due_dates.get(clock)
        },
        uncomputed=draft.uncomputed,
        armed={name: at for name, at in draft.timers.items() if before.timers.get(name) != at},
        cancelled=tuple(name for name in before.timers if name not in draft.timers),
        opened_tasks=tuple(draft.opened_tasks),
        closed_tasks=tuple(draft.closed_tasks),
        messages=tuple(draft.messages),
        sub_cases=tuple(draft.sub_cases),
        links=tuple(draft.links),
        slots=tuple(draft.slot_changes),
        refund=draft.refund,
        weighed=tuple(draft.weighed),
    )
