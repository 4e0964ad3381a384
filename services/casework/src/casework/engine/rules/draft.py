"""A decision in the making: what an act makes of a case, and every rule that was weighed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from casework.model.rules.acts import (
    Act,
    Context,
    Message,
    NewCase,
    NewLink,
    Reason,
    SlotChange,
    Weighed,
)
from casework.model.rules.case_state import CaseState, ClockEvent, DueDate
from casework.model.rules.case_type import BoundType, ChosenText
from casework.model.rules.clocks import Quantity
from casework.shared.days import find_local_day
from casework.shared.expressions import Expression, Outcome
from casework.shared.words import Words

_HOUR = timedelta(hours=1)
_NOT_EVALUATED = Words(
    "We cannot tell whether this is allowed, as something about the case is not known.",
    "Ni allwn ddweud a yw hyn yn cael ei ganiatáu, gan nad yw rhywbeth am yr achos yn hysbys.",
)


class Draft:
    """What an act makes of a case so far. Nothing of the case's state itself is changed."""

    def __init__(self, bound: BoundType, state: CaseState, act: Act, context: Context) -> None:
        self.bound, self.case_type, self.before, self.act, self.context = (
            bound,
            bound.case_type,
            state,
            act,
            context,
        )
        self.state, self.result = state.state, state.result
        self.fields, self.tasks, self.clocks = dict(state.fields), dict(state.tasks), dict(state.clocks)
        self.due_dates, self.timers, self.fired = dict(state.due_dates), dict(state.timers), dict(state.fired)
        self.actors, self.charged, self.paid = dict(state.actors), state.charged, state.paid
        self.slots, self.fee_lines = dict(state.slots), state.fee_lines
        for name in context.lost & state.slots.keys():
            self.slots[name] = state.slots[name]._replace(status="lost")
        self.refund, self.refund_due, self.refunded = 0, state.refund_due, state.refunded
        self.cause = act.id  # the action or task that is being done
        self.payment = 0  # pence that an event says were paid
        self.actions: list[str] = []
        self.changes: dict[str, Any] = {}
        self.clock_events: dict[str, tuple[ClockEvent, ...]] = {}
        self.uncomputed: dict[str, str] = {}
        self.opened_tasks: list[str] = []
        self.closed_tasks: list[str] = []
        self.messages: list[Message] = []
        self.sub_cases: list[NewCase] = []
        self.links: list[NewLink] = []
        self.slot_changes: list[SlotChange] = []
        self.weighed: list[Weighed] = []
        self.reasons: list[Reason] = []

    def refuse(self, rule: str, words: Words, detail: str = "") -> None:
        """Note a reason why the act may not be."""
        self.reasons.append(Reason(rule, words, detail))

    def weigh(self, rule: str, expression: Expression) -> bool | None:
        """Weigh a condition; None, and the act refused, if it cannot be evaluated."""
        outcome = self.evaluate(rule, expression)
        if outcome.error:
            self.refuse(rule, _NOT_EVALUATED, outcome.error)
            return None
        return bool(outcome.value)

    def evaluate(self, rule: str, expression: Expression) -> Outcome:
        """Evaluate an expression on the case as it is now, and note it."""
        values = {name: value for name in expression.names if (value := self.find_value(name)) is not None}
        outcome = expression.evaluate(values)
        self.weighed.append(Weighed(rule, holds=outcome.value is True, values=values, error=outcome.error))
        return outcome

    def note(self, rule: str, *, holds: bool, **values: Any) -> bool:
        """Note a rule that was weighed without an expression."""
        self.weighed.append(Weighed(rule, holds=holds, values=values))
        return holds

    def find_quantity(self, quantity: Quantity) -> int | None:
        """Find a whole number of the case type; None if the field that chooses it is not known."""
        if quantity.by_field:
            value = self.fields.get(quantity.by_field)
            choices = value if isinstance(value, list) else [value or ""]  # of several, all together
            rows = [quantity.table.get(choice) for choice in choices]
            numbers = [None if row is None else self.find_quantity(row) for row in rows]
            return None if None in numbers else sum(number or 0 for number in numbers)
        if quantity.parameter:
            return int(self.bound.parameters[quantity.parameter])
        return quantity.number

    def find_text(self, chosen: ChosenText) -> str:
        """Find a text of the case type, or of the parameter that has it."""
        return str(self.bound.parameters[chosen.parameter]) if chosen.parameter else chosen.text

    def find_value(self, name: str) -> Any:
        """Find the value of a name in expressions; None if it has none."""
        section, _, rest = name.partition(".")
        return _FINDERS[section](self, rest)


def _find_field(draft: Draft, name: str) -> Any:
    value: Any = draft.fields.get(name)
    is_instant = value is not None and draft.case_type.fields[name].schema.get("format") == "date-time"
    return datetime.fromisoformat(value) if is_instant else value


def _find_clock(draft: Draft, name: str) -> Any:
    clock, _, aspect = name.partition(".")
    due: DueDate | None = draft.due_dates.get(clock)
    if aspect == "running":
        return due is not None
    if aspect == "overdue":
        return due is not None and draft.act.counted_at >= due.at
    if due is None:
        return None
    return due.on.isoformat() if aspect == "due" else (due.on - find_local_day(draft.act.counted_at)).days


def _find_task(draft: Draft, name: str) -> str:
    task = draft.tasks.get(name)
    return "" if task is None else task.outcome or task.status


def _find_slot(draft: Draft, name: str) -> Any:
    slot_name, _, aspect = name.partition(".")
    slot = draft.slots.get(slot_name)
    if aspect in {"held", "confirmed"}:
        return slot is not None and slot.status == aspect
    if slot is None or slot.status == "lost":
        return None
    if aspect == "day":
        return find_local_day(slot.starts_at).isoformat()
    return (slot.starts_at - draft.act.at) // _HOUR


def _find_data(draft: Draft, name: str) -> Any:
    value: Any = draft.act.data
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


_FINDERS: dict[str, Callable[[Draft, str], Any]] = {
    "field": _find_field,
    "known": lambda draft, name: draft.fields.get(name) is not None,
    "parameter": lambda draft, name: draft.bound.parameters[name],
    "clock": _find_clock,
    "task": _find_task,
    "slot": _find_slot,
    "count": lambda draft, name: draft.context.counts.get(name),
    "role": lambda draft, name: name in draft.act.by.roles,
    "state": lambda draft, _: draft.state,
    "today": lambda draft, _: find_local_day(draft.act.counted_at).isoformat(),
    "now": lambda draft, _: draft.act.counted_at,
    "charged": lambda draft, _: draft.charged,
    "paid": lambda draft, _: draft.paid,
    "refund_due": lambda draft, _: draft.refund_due,
    "refunded": lambda draft, _: draft.refunded,
    "action": lambda draft, _: draft.cause,
    "result": lambda draft, _: draft.result,
    "chosen_result": lambda draft, _: draft.act.result,
    "data": _find_data,
}
