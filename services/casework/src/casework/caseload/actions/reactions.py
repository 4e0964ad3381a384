"""What events of other capabilities do to cases: a payment names its case, and does what its type says.

A case is found by council, mode and reference, so a payment of another council or mode finds none.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from casework.caseload.store import events as store
from casework.cases.actions import changes
from casework.cases.actions.plans import RefusedActError, plan_act
from casework.cases.actions.subjects import Subject, lock_subject
from casework.events import PaymentEvent, PaymentRefunded, PropertyRetired
from casework.model.rules.acts import Act, ActKind, Actor
from casework.model.rules.case_type import SYSTEM, Reaction
from casework.shared.references import read_reference
from chassis import clock
from chassis.database import Session
from chassis.events import Received

_LONGEST = 40  # characters of a reference as people write it
_MOST_CASES = 200  # open cases of one property
_NOT_ABOUT = "where"


async def react_to_payment(session: Session, event: Received[PaymentEvent]) -> None:
    """Do what the case that a payment names has for it; nothing if it names none of this council."""
    value = event.data.metadata.get("case")
    reference = read_reference(value) if isinstance(value, str) and len(value) <= _LONGEST else None
    if reference is None:
        return
    case_id = await store.find_case(session, event.council, event.data.mode, reference)
    locked = None if case_id is None else await lock_subject(session, event.council, case_id)
    if locked is None:
        return
    row, subject = locked
    reactions = _list_reactions(subject, event.type)
    is_refund = isinstance(event.data, PaymentRefunded) and _has_money(subject)
    if not (reactions or is_refund) or not await store.add_event(session, row.id, event):
        return
    if is_refund:
        await _act(session, subject, _make_act(ActKind.REFUND, "refund", event))
    is_counted = False
    for reaction in reactions:
        is_done = await _react(session, row.id, reaction, event, is_counted=is_counted)
        is_counted = is_counted or (is_done and bool(reaction.amount))


def _list_reactions(subject: Subject, event_type: str) -> Sequence[Reaction]:
    name = event_type.rpartition(".")[0]
    return [each for each in subject.version.bound.case_type.reactions.values() if each.event == name]


async def _react(
    session: Session,
    case_id: UUID,
    reaction: Reaction,
    event: Received[PaymentEvent],
    *,
    is_counted: bool,
) -> bool:
    """Do one reaction, or record its money; False if it is refused.

    One that is refused is noted, but not one that is about other payments. ``is_counted``: a reaction before
    this one counted the event's money.
    """
    locked = await lock_subject(session, event.council, case_id)
    if locked is None:
        return False
    row, subject = locked
    act = replace(_make_act(ActKind.EVENT, reaction.id, event), is_counted=is_counted)
    try:
        await _act(session, subject, act)
    except RefusedActError as error:
        if any(reason.rule == f"reactions.{reaction.id}.{_NOT_ABOUT}" for reason in error.refusal.reasons):
            return False
        payment = {"event": (None, f"{event.type} {event.subject}")}
        entry = changes.make_plain_entry(row, "event-refused", reaction.id, {"sub": act.by.id}, payment)
        await changes.record(session, row, changes.with_reasons(entry, error.refusal))
        return False
    return True


def _has_money(subject: Subject) -> bool:
    return subject.state.paid + subject.state.refund_due > 0


def _make_act(kind: ActKind, name: str, event: Received[PaymentEvent]) -> Act:
    by = Actor(event.data.capability(), frozenset({SYSTEM}))
    return Act(kind=kind, id=name, at=clock.now(), by=by, data=event.data.model_dump(mode="json"))


async def _act(session: Session, subject: Subject, act: Act) -> None:
    """Do an act of payments. Raises RefusedActError."""
    plan = await plan_act(session, subject, act)
    await changes.apply(session, subject, plan, {"sub": act.by.id})


async def note_property(session: Session, event: Received[PropertyRetired]) -> None:
    """Note in the open cases of a property that it was retired: what follows is for people to say."""
    case_ids = await store.list_open_of_property(session, event.council, int(event.data.uprn), _MOST_CASES)
    for case_id in case_ids:
        locked = await lock_subject(session, event.council, case_id)
        if locked is not None and await store.add_event(session, case_id, event):
            row, actor = locked[0], {"sub": event.data.capability()}
            await changes.record(session, row, changes.make_plain_entry(row, "event", event.type, actor))
