"""Plan an act: what the engine decides, and the other cases it opens or is linked to. Nothing is written.

So an act whose sub-case cannot be opened, or whose link names no case, is refused as a whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from casework.bookings.actions import slots
from casework.cases.actions import subjects
from casework.cases.actions.counts import count_others
from casework.cases.actions.subjects import Subject
from casework.cases.store import links as store
from casework.engine.rules.decision import decide, keep_payment
from casework.model.rules.acts import (
    Act,
    ActKind,
    Actor,
    Context,
    Decision,
    NewCase,
    NewLink,
    Reason,
    Refusal,
)
from casework.model.rules.case_state import CaseState
from casework.model.rules.case_type import NEW, Action, Split
from casework.shared.references import make_reference, read_reference
from casework.shared.words import Words
from chassis import ids
from chassis.database import Session

_OF_PEOPLE = {ActKind.ACTION, ActKind.TASK}
_DEEPEST = 3  # cases that open cases that open cases
_NOT_OPENED = Words(
    "The other case that this opens cannot be opened.",
    "Ni ellir agor yr achos arall y mae hyn yn ei agor.",
)
_WIDER = Words("More people could read this there than here.", "Gallai mwy o bobl ddarllen hyn yno nag yma.")
_NO_CASE = Words("There is no such other case.", "Nid oes achos arall o'r fath.")
_OVER = Words("The other case is closed.", "Mae'r achos arall wedi'i gau.")
_BUSY = Words(
    "Somebody is changing the other case. Try again.",
    "Mae rhywun yn newid yr achos arall. Rhowch gynnig arall arni.",
)


class RefusedActError(Exception):
    """An act may not be. ``refusal`` has every reason, in words."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(", ".join(reason.rule for reason in refusal.reasons))
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class PlannedLink:
    """A link, and the row of the other case; locked if this one ends in it."""

    link: NewLink
    other: Row[Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an act does to a case and to others."""

    decision: Decision
    sub_cases: tuple[tuple[NewCase, Subject, "Plan"], ...] = ()
    links: tuple[PlannedLink, ...] = ()


async def plan_act(session: Session, subject: Subject, act: Act, depth: int = 0) -> Plan:
    """Plan an act. Raises RefusedActError."""
    fields = {**subject.state.fields, **act.fields}
    authority = subjects.find_authority(subject.version.bound.case_type, fields)
    due_dates = await subjects.load_due_dates(session, subject.council, authority)
    counts = await count_others(session, subject, act)
    offered, lost = await _look_at_slots(session, subject)
    bound, context = subject.version.bound, Context(due_dates, counts, offered, lost)
    answer = decide(bound, subject.state, act, context)
    if isinstance(answer, Refusal):
        raise RefusedActError(answer)
    try:
        return await _plan_others(session, subject, answer, depth)
    except RefusedActError as error:
        paid = keep_payment(bound, subject.state, answer, error.refusal, context)
        if paid is None:
            raise
        return Plan(paid)


async def _plan_others(session: Session, subject: Subject, answer: Decision, depth: int) -> Plan:
    """Plan the other cases of a decision: those it opens and those it is linked to."""
    links = tuple([await _find_link(session, subject, answer, link) for link in answer.links])
    sub_cases = tuple(
        [await _plan_sub_case(session, subject, answer, new, depth) for new in answer.sub_cases]
    )
    return Plan(answer, sub_cases, links)


async def _look_at_slots(session: Session, subject: Subject) -> tuple[Mapping[str, str], frozenset[str]]:
    """Find what the case's submission holds, and which holds of the case are over; both are locked."""
    if not subject.version.bound.case_type.slots:
        return {}, frozenset()
    offered: Mapping[str, str] = {}
    if subject.submission is not None and subject.state.sequence == 0:
        offered = await slots.find_offered(session, subject.council, subject.mode, subject.submission)
    if not subject.state.slots:
        return offered, frozenset()
    ours = await slots.list_of_case(session, subject.council, subject.id)
    return offered, frozenset(subject.state.slots) - ours


async def _find_link(session: Session, subject: Subject, decision: Decision, link: NewLink) -> PlannedLink:
    rule, act = f"links.{link.link}", decision.act
    reference = read_reference(link.reference)
    other = reference and await store.find_target(session, subject.council, subject.mode, reference)
    if not other or other.id == subject.id or other.restricted not in {None, *act.by.roles}:
        raise _refuse(act, rule, _NO_CASE)
    if not link.merge:
        return PlannedLink(link, other)
    if other.closed_at is not None:
        raise _refuse(act, rule, _OVER)
    locked = await store.try_lock(session, subject.council, other.id)
    if locked is None:
        raise _refuse(act, rule, _BUSY)
    if locked.closed_at is not None:
        raise _refuse(act, rule, _OVER)
    return PlannedLink(link, locked)


async def _plan_sub_case(
    session: Session, parent: Subject, decision: Decision, new: NewCase, depth: int
) -> tuple[NewCase, Subject, Plan]:
    section = "sub_cases" if new.split is None else "splits"
    rule, act = f"{section}.{new.sub_case}", decision.act
    version = await subjects.find_published(session, parent.council, new.case_type)
    opening = None if version is None else find_only_opening(version)
    if version is None or opening is None or depth == _DEEPEST:
        raise _refuse(act, rule, _NOT_OPENED, new.case_type)
    restricted = new.restricted or version.bound.case_type.restricted or None
    child = Subject(
        council=parent.council,
        id=ids.new(),
        mode=parent.mode,
        version=version,
        state=CaseState(),
        opened_at=act.at,
        reference=make_reference(),
        person=None if restricted else parent.person,
        contact=None if restricted else parent.contact,
        restricted=restricted,
        place=parent.place if new.split is not None else None,
        uprn=parent.uprn if new.split is not None else None,
    )
    if new.split is not None:
        _check_split(parent, child, new.split, new, act)
    by = Actor(act.by.id, opening.roles)
    first = Act(ActKind.ACTION, opening.id, act.at, by, act.effective, fields=new.fields, starts=new.starts)
    try:
        plan = await plan_act(session, child, first, depth + 1)
    except RefusedActError as error:
        refused = tuple(
            Reason(f"{rule}.{reason.rule}", reason.words, reason.detail) for reason in error.refusal.reasons
        )
        raise RefusedActError(Refusal(act, refused)) from None
    if plan.decision.slots and act.kind not in _OF_PEOPLE:
        raise _refuse(act, rule, _NOT_OPENED, new.case_type)  # nobody is there to choose another slot
    return new, child, plan


def _check_split(parent: Subject, child: Subject, split: Split, new: NewCase, act: Act) -> None:
    """Check that nothing of a person or of one role is carried to where more may read it.

    Raises RefusedActError.
    """
    if parent.restricted not in {None, child.restricted}:
        raise _refuse(act, f"splits.{split.id}.restricted", _WIDER)
    ours, theirs = parent.version.bound.case_type.fields, child.version.bound.case_type.fields
    for name in new.fields:
        source, copy = ours[split.copies[name]], theirs.get(name)
        if copy is None:
            continue  # the engine refuses it
        is_open = source.restricted not in {"", copy.restricted, child.restricted}
        if is_open or (source.personal and not copy.personal):
            raise _refuse(act, f"splits.{split.id}.copies.{name}", _WIDER)


def find_only_opening(version: subjects.PublishedVersion) -> Action | None:
    """Find the one action that opens a case; None if there are several."""
    actions = [action for action in version.bound.case_type.actions.values() if NEW in action.sources]
    return actions[0] if len(actions) == 1 else None


def _refuse(act: Act, rule: str, words: Words, detail: str = "") -> RefusedActError:
    return RefusedActError(Refusal(act, (Reason(rule, words, detail),)))
