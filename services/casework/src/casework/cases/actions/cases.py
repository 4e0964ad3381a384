"""Open a case, act on it, assign it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.cases import rules
from casework.cases.actions import changes, subjects
from casework.cases.actions.plans import RefusedActError, find_only_opening, plan_act
from casework.cases.actions.subjects import Contact, Place, PublishedVersion, Subject, read_subject
from casework.cases.store import records as store
from casework.cases.store import roles as holders
from casework.cases.store import tasks
from casework.model.rules.acts import Act, ActKind, Actor
from casework.model.rules.case_state import CaseState
from casework.model.rules.case_type import NEW, RESIDENT
from casework.shared.references import make_reference
from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import FieldError, Problem


@dataclass(frozen=True, slots=True)
class Opening:
    """What a case is opened with."""

    code: str
    action: str | None
    fields: Mapping[str, Any]
    effective: datetime | None
    submission: str | None
    person: str | None
    uprn: int | None
    contact: Contact | None = None
    place: Place | None = None
    actor: Actor | None = None  # a resident, where the caller opens it as one
    number: str | None = None  # of the version it runs by; None: the published one


async def open_case(session: Session, council: str, caller: Caller, opening: Opening) -> UUID:
    """Open a case, or find the one that this submission opened. Raises Problem 404, 409 or 422."""
    version = await _find_version(session, council, opening)
    if opening.submission is not None:
        earlier = await store.find_by_submission(session, council, caller.mode, opening.submission)
        if earlier is not None:
            return earlier
    now = clock.now()
    restricted = version.bound.case_type.restricted or None
    subject = Subject(
        council,
        ids.new(),
        caller.mode,
        version,
        CaseState(),
        now,
        reference=make_reference(),
        person=opening.person,
        contact=opening.contact,
        restricted=restricted,
        submission=opening.submission,
    )
    actor = opening.actor or await find_actor(
        session, council, caller, version, person=opening.person, restricted=restricted
    )
    act = Act(
        kind=ActKind.ACTION,
        id=opening.action or _find_opening_action(version),
        at=now,
        by=actor,
        effective=check_effective(opening.effective, now),
        fields=opening.fields,
    )
    try:
        plan = await plan_act(session, subject, act)
    except RefusedActError as error:
        return await _find_opened_meanwhile(session, council, caller.mode, opening, error)
    try:
        if await changes.open_new(
            session, subject, plan, caller.record(), uprn=opening.uprn, place=opening.place
        ):
            return subject.id
    except RefusedActError as error:
        raise refuse(error) from None
    first = await store.find_by_submission(session, council, caller.mode, opening.submission or "")
    if first is None:
        raise LookupError("the case of this submission is gone")
    return first


async def _find_version(session: ReadSession, council: str, opening: Opening) -> PublishedVersion:
    """Find the version a new case runs by. Raises Problem 404."""
    if opening.number is None:
        version = await subjects.find_published(session, council, opening.code)
        whole = f"published case type {opening.code!r}"
    else:
        version = await subjects.find_numbered(session, council, opening.code, opening.number)
        whole = f"version {opening.number} of case type {opening.code!r} that was published"
    if version is None:
        raise Problem(404, "unknown-case-type", f"There is no {whole} here.")
    return version


def _find_opening_action(version: PublishedVersion) -> str:
    """Find the one action that opens a case. Raises Problem 422 if there are several."""
    only = find_only_opening(version)
    if only is not None:
        return only.id
    names = [action.id for action in version.bound.case_type.actions.values() if NEW in action.sources]
    detail = f"Say as `action` which of these opens the case: {', '.join(names)}."
    raise Problem(
        422, "action-needed", detail, errors=[FieldError(field="body.action", message=detail, code="missing")]
    )


async def _find_opened_meanwhile(
    session: Session, council: str, mode: str, opening: Opening, error: RefusedActError
) -> UUID:
    """Find the case that the same submission opened while this waited for its slot. Raises Problem 409."""
    if opening.submission is not None and any(
        reason.rule.startswith("slots.") for reason in error.refusal.reasons
    ):
        first = await store.find_by_submission(session, council, mode, opening.submission)
        if first is not None:
            return first
    raise refuse(error) from None


def refuse(error: RefusedActError) -> Problem:
    """Make the 409 of an act that may not be."""
    reasons = [
        {"rule": reason.rule, "en": reason.words.en, "cy": reason.words.cy, "detail": reason.detail}
        for reason in error.refusal.reasons
    ]
    detail = " ".join(reason["en"] for reason in reasons)
    return Problem(409, "action-refused", detail, reasons=reasons)


def check_effective(effective: datetime | None, now: datetime) -> datetime | None:
    """Check when something counts: it may be entered late, never ahead. Raises Problem 422."""
    if effective is not None and effective > now:
        detail = "This lies in the future. Give the time at which it happened."
        raise Problem(
            422,
            "effective-in-future",
            detail,
            errors=[FieldError(field="body.effective_at", message=detail, code="future")],
        )
    return effective


async def act_on_case(
    session: Session,
    council: str,
    caller: Caller,
    case_id: UUID,
    precondition: Precondition,
    act: Act,
) -> int:
    """Act on a case, and return its version. ``act.by`` is filled in. Raises Problem 404, 409 or 412."""
    row, version, actor = await lock_visible_case(session, council, caller, case_id)
    return await act_on_locked_case(session, caller, row, version, precondition, replace(act, by=actor))


async def act_on_locked_case(
    session: Session,
    caller: Caller,
    row: Row[Any],
    version: PublishedVersion,
    precondition: Precondition,
    act: Act,
) -> int:
    """Act on a locked case in the roles of ``act.by``. Raises Problem 409 or 412."""
    precondition.check(row.version, "case")
    subject = read_subject(row, version)
    now = clock.now()
    whole = replace(act, at=now, effective=check_effective(act.effective, now))
    try:
        plan = await plan_act(session, subject, whole)
        await changes.apply(session, subject, plan, caller.record())
    except RefusedActError as error:
        raise refuse(error) from None
    return plan.decision.state.sequence


async def lock_visible_case(
    session: Session, council: str, caller: Caller, case_id: UUID
) -> tuple[Row[Any], PublishedVersion, Actor]:
    """Lock a case that the caller may know of. Raises Problem 404."""
    row = await lock_case(session, council, caller, case_id)
    version = await subjects.get_version(session, council, row.type_version)
    actor = await find_actor(session, council, caller, version, person=row.person, restricted=row.restricted)
    check_visible(row, actor)
    return row, version, actor


async def lock_case(session: Session, council: str, caller: Caller, case_id: UUID) -> Row[Any]:
    """Lock a case of the caller's mode. Raises Problem 404."""
    row = await store.lock_case(session, council, case_id)
    if row is None or row.mode != caller.mode:
        raise not_found()
    return row


async def lock_case_of_submission(
    session: Session, council: str, mode: str, submission: str
) -> Row[Any] | None:
    """Lock the case that a submission opened, if it has."""
    case_id = await store.find_by_submission(session, council, mode, submission)
    return None if case_id is None else await store.lock_case(session, council, case_id)


async def find_actor(
    session: ReadSession,
    council: str,
    caller: Caller,
    version: PublishedVersion,
    *,
    person: str | None,
    restricted: str | None,
) -> Actor:
    """Find in which roles a caller acts: their own case's resident, staff by their roles, or a machine.

    ``person`` and ``restricted`` are the case's: no machine has the role that alone may know of it.
    """
    roles = await find_roles(session, council, caller, version)
    if caller.subject == caller.client_id:
        roles -= {restricted or ""}
    if person is not None and caller.subject == person:
        roles |= {RESIDENT}
    return Actor(caller.actor or caller.subject, frozenset(roles))


async def find_roles(
    session: ReadSession, council: str, caller: Caller, version: PublishedVersion
) -> set[str]:
    """Find the staff roles of a caller. A machine of the council's speaks for residents too."""
    if caller.subject == caller.client_id:
        return {*rules.list_roles_of_machine(version.bound.case_type), RESIDENT}
    return set(await list_staff_roles(session, council, caller))


async def list_staff_roles(session: ReadSession, council: str, caller: Caller) -> list[str]:
    """List the roles that a member of staff was given; a machine was given none."""
    holder = await holders.find_roles(session, council, caller.subject)
    return list(holder.roles) if holder is not None else []


async def find_visible_case(
    session: ReadSession, council: str, caller: Caller, case_id: UUID
) -> tuple[Row[Any], Actor]:
    """Find a case that the caller may know of, and in which roles they act on it. Raises Problem 404."""
    row = await store.find_case(session, council, caller.mode, case_id)
    if row is None:
        raise not_found()
    actor = await find_caller(session, council, caller, row)
    check_visible(row, actor)
    return row, actor


def check_visible(row: Row[Any], actor: Actor) -> None:
    """Check that a restricted case is one of the actor's role: for others it is not there."""
    if row.restricted is not None and row.restricted not in actor.roles:
        raise not_found()


def not_found() -> Problem:
    """Make the 404 of a case."""
    return Problem(404, "unknown-case", "There is no such case here.")


async def assign_case(
    session: Session,
    council: str,
    caller: Caller,
    case_id: UUID,
    precondition: Precondition,
    values: Mapping[str, Any],
) -> None:
    """Give a case to a team or a person. Raises Problem 404, 409 or 412."""
    row, version, _ = await lock_visible_case(session, council, caller, case_id)
    precondition.check(row.version, "case")
    state = rules.read_state(row.engine, {})
    if values.get("assignee") in rules.list_barred(version.bound.case_type, state):
        detail = "They did what somebody else must now follow. Choose another person."
        raise Problem(409, "same-person", detail)
    pairs = {name: (getattr(row, name), value) for name, value in values.items()}
    pairs = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    entry = changes.make_plain_entry(row, "assignment", "assign", caller.record(), pairs)
    await changes.record(session, row, entry, values)


async def assign_task(
    session: Session,
    council: str,
    caller: Caller,
    case_id: UUID,
    precondition: Precondition,
    task: str,
    assignee: str | None,
) -> None:
    """Give an open task of a case to a person. Raises Problem 404 or 412."""
    row = await lock_case(session, council, caller, case_id)
    check_visible(row, await find_caller(session, council, caller, row))
    precondition.check(row.version, "case")
    before = await tasks.find_open_task(session, council, case_id, task)
    if before is None:
        raise Problem(404, "unknown-task", "There is no such open task of this case.")
    await tasks.assign_task(session, council, case_id, task, assignee)
    pair = {f"task.{task}.assignee": (before.assignee, assignee)}
    entry = changes.make_plain_entry(row, "assignment", task, caller.record(), pair)
    await changes.record(session, row, entry)


async def find_caller(session: ReadSession, council: str, caller: Caller, row: Row[Any]) -> Actor:
    """Find in which roles a caller acts on a case."""
    version = await subjects.get_version(session, council, row.type_version)
    return await find_actor(session, council, caller, version, person=row.person, restricted=row.restricted)
