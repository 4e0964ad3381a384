"""What follows from what happened, beside the clocks: tasks, messages, money, slots, links, other cases."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from casework.engine.rules.clock_changes import STATUTE, find_start, stop_clocks
from casework.engine.rules.draft import Draft
from casework.engine.rules.money import update_money
from casework.model.rules.acts import Message, NewCase, NewLink, SlotChange
from casework.model.rules.case_state import SlotState, TaskState
from casework.model.rules.case_type import Notification, Slot, Split
from casework.shared.days import format_day, format_moment
from casework.shared.slots import read_slot_id
from casework.shared.words import Words

_NOT_OVER = Words(
    "A case that is merged must end, and this action does not end it.",
    "Rhaid i achos sy'n cael ei uno ddod i ben, ac nid yw'r weithred hon yn ei orffen.",
)
_NO_SLOT = Words("Choose a time.", "Dewiswch amser.")
_STARTED = Words("This time has begun. Choose another.", "Mae'r amser hwn wedi dechrau. Dewiswch un arall.")
_LOST = Words(
    "The time is no longer held for you. Choose another.",
    "Nid yw'r amser yn cael ei gadw i chi mwyach. Dewiswch un arall.",
)
_PLACEHOLDER = re.compile(r"\(\(([a-z_.]+)\)\)")


def apply_effects(draft: Draft, happenings: Sequence[str]) -> None:
    """Apply what follows from what happened."""
    names = set(happenings)
    _update_tasks(draft)
    update_money(draft, names)
    _change_slots(draft, names)
    _open_sub_cases(draft, names)
    for link in draft.case_type.links.values():
        reference = draft.fields.get(link.reference)
        if names.intersection(link.on) and reference is not None:
            draft.links.append(NewLink(link.id, link.relation, reference, link.merge))
            if link.merge:
                _end_in_other(draft, link.id)
    for notification in draft.case_type.notifications.values():
        if names.intersection(notification.on):
            send(draft, notification)


def _end_in_other(draft: Draft, link: str) -> None:
    """End a case in another: every clock of its own stops, and those of the other go on as they were."""
    if not draft.case_type.states[draft.state].end:
        draft.refuse(f"links.{link}.merge", _NOT_OVER, draft.state)
    stop_clocks(draft)


def _change_slots(draft: Draft, happenings: set[str]) -> None:
    is_over = draft.case_type.states[draft.state].end
    for slot in draft.case_type.slots.values():
        if happenings.intersection(slot.holds):
            _hold_slot(draft, slot)
        if happenings.intersection(slot.confirms):
            _confirm_slot(draft, slot)
        if is_over or happenings.intersection(slot.releases):
            _release_slot(draft, slot)


def _hold_slot(draft: Draft, slot: Slot) -> None:
    """Hold what was chosen, instead of what was held before."""
    offered = draft.context.offered.get(slot.pool, "")
    chosen = str(draft.fields.get(slot.choice) or offered) if slot.choice else offered
    place, minutes = read_slot_id(chosen), draft.find_quantity(slot.minutes)
    if place is None or minutes is None:
        draft.refuse(f"slots.{slot.id}", _NO_SLOT, slot.choice)
    elif place[1] <= draft.act.at:
        draft.refuse(f"slots.{slot.id}", _STARTED)
    else:
        expires_at = draft.act.at + timedelta(minutes=minutes)
        area = str(draft.fields.get(slot.area) or "")
        draft.slots[slot.id] = SlotState("held", chosen, place[1], expires_at)
        draft.slot_changes.append(SlotChange(slot.id, slot.pool, "hold", chosen, area, expires_at))


def _confirm_slot(draft: Draft, slot: Slot) -> None:
    booked = draft.slots.get(slot.id)
    if booked is None or booked.status == "lost":
        draft.refuse(f"slots.{slot.id}", _LOST)
    elif booked.status == "held":
        draft.slots[slot.id] = booked._replace(status="confirmed", expires_at=None)
        draft.slot_changes.append(SlotChange(slot.id, slot.pool, "confirm", booked.slot))


def _release_slot(draft: Draft, slot: Slot) -> None:
    """Release a slot. One that was confirmed and has begun was used: it stays where it is."""
    booked = draft.slots.get(slot.id)
    if booked is None or (booked.status == "confirmed" and booked.starts_at <= draft.act.at):
        return
    del draft.slots[slot.id]
    if booked.status != "lost":
        draft.slot_changes.append(SlotChange(slot.id, slot.pool, "release", booked.slot))


def _open_sub_cases(draft: Draft, happenings: set[str]) -> None:
    for sub_case in draft.case_type.sub_cases.values():
        if happenings.intersection(sub_case.on):
            values = {name: draft.fields.get(ours) for name, ours in sub_case.copies.items()}
            fields = {name: value for name, value in values.items() if value is not None}
            draft.sub_cases.append(NewCase(sub_case.id, sub_case.case_type, fields, sub_case.restricted))


def split_case(draft: Draft, split: Split) -> None:
    """Open a case of a part of this one, with the starts of the clocks of law that run here."""
    values = {
        name: draft.fields.get(ours)
        for name, ours in split.copies.items()
        if draft.act.chosen is None or name in draft.act.chosen
    }
    fields = {name: value for name, value in values.items() if value is not None}
    starts = {
        clock.id: start
        for clock in draft.case_type.clocks.values()
        if clock.law.basis == STATUTE and (start := find_start(draft.clocks.get(clock.id, ()))) is not None
    }
    new = NewCase(split.id, split.case_type, fields, split.restricted, split, starts)
    draft.sub_cases.append(new)


def _update_tasks(draft: Draft) -> None:
    """Open the tasks of the state the case is now in, and drop those it has left."""
    _drop_unknown_tasks(draft)
    for task in draft.case_type.tasks.values():
        status = draft.tasks.get(task.id)
        if draft.state in task.states:
            if status is None or status.status == "dropped":
                draft.tasks[task.id] = TaskState("open")
                draft.opened_tasks.append(task.id)
        elif status is not None and status.status == "open":
            draft.tasks[task.id] = TaskState("dropped")
            draft.closed_tasks.append(task.id)


def _drop_unknown_tasks(draft: Draft) -> None:
    """Drop the open tasks that the case's type has no more: nobody could do them."""
    for task in sorted(set(draft.tasks) - set(draft.case_type.tasks)):
        if draft.tasks[task].status == "open":
            draft.tasks[task] = TaskState("dropped")
            draft.closed_tasks.append(task)


def send(draft: Draft, notification: Notification) -> None:
    """Send a message, with the values it names."""
    values: dict[str, Any] = dict(draft.fields)
    values |= {f"due.{clock}": format_day(due.on) for clock, due in draft.due_dates.items()}
    values |= {f"slot.{name}": format_moment(slot.starts_at) for name, slot in draft.slots.items()}
    subject, body = (_fill(words, values) for words in (notification.subject, notification.body))
    draft.messages.append(Message(notification.id, notification.to, subject, body))


def _fill(words: Words, values: Mapping[str, Any]) -> Words:
    """Fill placeholders; ``((reference))`` and ``((council))`` are left to who sends it."""
    return Words(
        *(
            _PLACEHOLDER.sub(lambda match: str(values.get(match.group(1), match.group())), text)
            for text in words
        )
    )
