"""Read cases as the API shows them, for who reads them."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row

from casework import events
from casework.cases import rules
from casework.cases.actions import cases, subjects
from casework.cases.actions.subjects import PublishedVersion, get_version, read_contact, read_place
from casework.cases.schemas import (
    ActionView,
    Case,
    CaseSummary,
    ClockView,
    ContactDetails,
    FeeLineView,
    HistoryEntry,
    LinkView,
    Location,
    PaymentLineView,
    PaymentView,
    SlotOfCase,
    SplitView,
    TaskView,
    Words,
)
from casework.cases.store import access
from casework.cases.store import records as store
from casework.cases.store.details import ClockRow, LinkRow, TaskRow, read_details
from casework.cases.store.records import Filters
from casework.engine.rules.money import list_unpaid, merge_by_fund
from casework.model.rules.case_state import CaseState, ChargedLine
from casework.model.rules.case_type import Action, CaseType, Task
from casework.shared import words
from casework.shared.references import format_reference
from chassis import clock, ids, outbox
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.jobs import Every, Purge

purges = (Purge("casework.purge_access", Every(3600), access.purge),)
_MOST_NARRATIVE = 255  # of payments
_COLUMNS = (*("id", "state", "result", "team", "assignee", "opened_at", "closed_at", "due_at", "version"),)


async def get_case(session: ReadSession, council: str, caller: Caller, case_id: UUID) -> Case:
    """Get a case. Raises Problem 404."""
    return (await get_whole(session, council, caller, case_id)).case


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """A case as somebody sees it, its row and type, and their roles in it."""

    case: Case
    row: Row[Any]
    version: PublishedVersion
    roles: frozenset[str]


async def open_case(session: Session, council: str, caller: Caller, case_id: UUID) -> Case:
    """Get a case, and say that it was opened if that shows personal data. Raises Problem 404."""
    return (await open_whole(session, council, caller, case_id)).case


async def open_whole(
    session: Session, council: str, caller: Caller, case_id: UUID, purpose: str | None = None
) -> OpenedCase:
    """Get a case and what it rests on, as ``open_case``. Raises Problem 404.

    ``purpose``: of somebody who may not know of it, and reads all of it.
    """
    opened = await get_whole(session, council, caller, case_id, is_unhidden=bool(purpose))
    case, row = opened.case, opened.row
    reader = caller.actor or caller.subject
    if not purpose and (not (row.personal or row.language) or reader == case.person):
        return opened
    access_id = await access.add_access(session, council, case_id, reader)
    if access_id is not None:
        data = events.CaseAccess(
            case=case_id,
            mode=case.mode,
            case_type=case.case_type,
            person=case.person,
            actor=reader,
            at=clock.now(),
            purpose=purpose,
        )
        await outbox.add(session, data, council=council, subject=ids.show(access_id), sequence=1)
    return opened


async def get_whole(
    session: ReadSession, council: str, caller: Caller, case_id: UUID, *, is_unhidden: bool = False
) -> OpenedCase:
    """Get a case and what it rests on. Raises Problem 404."""
    row, version, roles = await find_visible_case(session, council, caller, case_id, is_unhidden=is_unhidden)
    return OpenedCase(await _show_case(session, row, version, roles), row, version, roles)


async def _show_case(
    session: ReadSession, row: Row[Any], version: PublishedVersion, roles: frozenset[str]
) -> Case:
    case_type = version.bound.case_type
    state = rules.read_state(row.engine, row.personal or {})
    current, place = case_type.states[row.state], read_place(row)
    details = await read_details(session, row.council, row.id)
    return Case(
        **_summarise(row),
        mode=row.mode,
        public_state=_show(current.public),
        staff_state=_show(current.staff),
        person=row.person,
        submission=row.submission,
        uprn=row.uprn,
        location=None if place is None else Location(lat=place.lat, long=place.long, usrn=place.usrn),
        charged=state.charged,
        paid=state.paid,
        **_show_due(case_type, state, row.reference),
        refund_due=state.refund_due,
        refunded=state.refunded,
        slots=[
            SlotOfCase(
                slot=name,
                status=slot.status,
                chosen=slot.slot,
                starts_at=slot.starts_at,
                expires_at=slot.expires_at,
            )
            for name, slot in state.slots.items()
        ],
        payments=list(details.payments),
        fields=rules.hide_fields(case_type, state.fields, roles),
        clocks=_show_clocks(case_type, details.clocks),
        tasks=_show_tasks(case_type, details.tasks),
        actions=[
            _to_action(action, rules.list_asks(case_type, action, roles))
            for action in case_type.actions.values()
            if row.state in action.sources and action.roles & roles
        ],
        splits=[
            SplitView(
                split=split.id, name=_show(split.name), case_type=split.case_type, fields=list(split.copies)
            )
            for split in case_type.splits.values()
            if row.state in split.sources and split.roles & roles
        ],
        links=_show_links(details.links, roles),
        contact=_show_contact(row),
    )


def _show_due(case_type: CaseType, state: CaseState, reference: str) -> dict[str, Any]:
    """Show what is due: for people line by line, and as the payment that a form creates."""
    due = max(0, state.charged - state.paid)
    lines = list_unpaid(state.fee_lines, due)
    formatted = format_reference(reference)
    payment = PaymentView(
        amount=due,
        reference=formatted,
        description=case_type.name.en,
        metadata={"case": formatted},
        lines=[_to_payment(line, formatted) for line in merge_by_fund(lines)]
        if lines and all(line.fund for line in lines)
        else None,
    )
    return {
        "amount_due": due,
        "fee_lines": [
            FeeLineView(line=line.line, name=Words(en=line.name_en, cy=line.name_cy), amount=line.pence)
            for line in lines
        ],
        "payment": payment if due else None,
    }


def _to_payment(line: ChargedLine, reference: str) -> PaymentLineView:
    return PaymentLineView(
        fund=line.fund,
        vat_code=line.vat_code or None,
        amount=line.pence,
        reference=reference,
        narrative=line.name_en[:_MOST_NARRATIVE],
    )


async def find_visible_case(
    session: ReadSession, council: str, caller: Caller, case_id: UUID, *, is_unhidden: bool = False
) -> tuple[Row[Any], PublishedVersion, frozenset[str]]:
    """Find a case that the caller may know of, its type, and their roles in it. Raises Problem 404."""
    row = await store.find_case(session, council, caller.mode, case_id)
    if row is None:
        raise cases.not_found()
    version = await subjects.get_version(session, council, row.type_version)
    if is_unhidden:
        return row, version, frozenset({*version.bound.case_type.roles, row.restricted or ""})
    actor = await cases.find_actor(
        session, council, caller, version, person=row.person, restricted=row.restricted
    )
    cases.check_visible(row, actor)
    return row, version, actor.roles


async def find_case_row(session: ReadSession, council: str, mode: str, case_id: UUID) -> Row[Any] | None:
    """Find a case with its personal fields and its contact, for who has checked that it is theirs."""
    return await store.find_case(session, council, mode, case_id)


@dataclass(frozen=True, slots=True)
class CaseOutline:
    """What others may know of a case: nothing of a person."""

    reference: str
    version: PublishedVersion
    state: str
    opened_at: datetime
    due_at: datetime | None


async def find_outline(session: ReadSession, council: str, mode: str, case_id: UUID) -> CaseOutline | None:
    """Find what others may know of a case; None if it is gone."""
    row = await store.find_case(session, council, mode, case_id)
    if row is None:
        return None
    version = await get_version(session, council, row.type_version)
    reference = format_reference(row.reference)
    return CaseOutline(reference, version, row.state, row.opened_at, row.due_at)


def _show_contact(row: Row[Any]) -> ContactDetails | None:
    contact = read_contact(row)
    return None if contact is None else ContactDetails.model_validate(asdict(contact))


def _show_links(rows: Sequence[LinkRow], roles: frozenset[str]) -> list[LinkView]:
    """Show links; to a restricted case, for its role only."""
    return [
        LinkView(
            case=row.other,
            reference=format_reference(row.reference),
            case_type=row.code,
            state=row.state,
            kind=row.kind,
            relation=row.relation,
            outward=row.outward,
            at=row.at,
        )
        for row in rows
        if row.restricted is None or row.restricted in roles
    ]


def _show(text: words.Words) -> Words:
    return Words(en=text.en, cy=text.cy)


def _summarise(row: Row[Any]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return {**values, "case_type": row.code, "reference": format_reference(row.reference)}


def _to_action(action: Action, asks: list[str]) -> ActionView:
    return ActionView(action=action.id, name=_show(action.name), asks=asks, results=list(action.results))


def _show_clocks(case_type: CaseType, rows: Sequence[ClockRow]) -> list[ClockView]:
    definitions = case_type.clocks
    return [
        ClockView(
            clock=row.clock,
            name=_show(definitions[row.clock].name),
            due_on=row.due_on.isoformat() if row.due_on else None,
            due_at=row.due_at,
            breached_at=row.breached_at,
            uncomputed=row.uncomputed,
            basis=definitions[row.clock].law.basis,
            source=definitions[row.clock].law.source,
            verified=definitions[row.clock].law.verified,
        )
        for row in rows
        if row.clock in definitions
    ]


def _show_tasks(case_type: CaseType, rows: Sequence[TaskRow]) -> list[TaskView]:
    definitions = case_type.tasks
    return [
        TaskView(
            task=row.task,
            name=_name_task(definitions.get(row.task), row.task),
            role=row.role,
            status=row.status,
            outcome=row.outcome,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
        )
        for row in rows
    ]


def _name_task(task: Task | None, task_id: str) -> Words:
    """Name a task; one that the case's type has no more goes by its id until an act drops it."""
    return Words(en=task_id, cy=task_id) if task is None else _show(task.name)


async def list_chosen(
    session: ReadSession, council: str, caller: Caller, chosen: Collection[UUID]
) -> Collection[Row[Any]]:
    """List the cases of these ids that the caller may know of, as rows, for ``summarise``."""
    roles = await cases.list_staff_roles(session, council, caller)
    return await store.list_chosen(session, council, caller.mode, roles, chosen)


async def find_by_reference(
    session: ReadSession, council: str, caller: Caller, reference: str
) -> UUID | None:
    """Find the case of a reference, without separators; whether the caller may know of it is asked later."""
    return await store.find_by_reference(session, council, caller.mode, reference)


class Selection(Protocol):
    """Which cases a list shows: column -> value."""

    equal: dict[str, Any]
    is_mine: bool
    is_unassigned: bool
    is_overdue: bool
    is_refund_due: bool  # open ones and closed ones
    is_open: bool


async def list_cases(
    session: ReadSession,
    council: str,
    caller: Caller,
    selection: Selection,
    after: tuple[datetime, UUID] | None,
    fetch: int,
) -> Collection[Row[Any]]:
    """List cases as rows, for ``summarise``: two statements, however many case types there are."""
    roles = await cases.list_staff_roles(session, council, caller)
    mine = {"assignee": caller.subject} if selection.is_mine else {}
    filters = Filters(
        is_open=selection.is_open,
        equal={**selection.equal, **mine},
        roles=roles,
        is_unassigned=selection.is_unassigned,
        due_until=clock.now() if selection.is_overdue else None,
        is_refund_due=selection.is_refund_due,
    )
    return await store.list_cases(session, council, caller.mode, filters, after, fetch)


def find_place(selection: Selection, row: Row[Any]) -> tuple[str, str]:
    """Find the place of a row in its list, from which the next page goes on."""
    is_by_due = selection.is_open or selection.is_refund_due
    return (row.queued_at if is_by_due else row.closed_at).isoformat(), ids.show(row.id)


def summarise(row: Row[Any]) -> CaseSummary:
    """Show a row of a list."""
    return CaseSummary(**_summarise(row))


async def list_history(
    session: ReadSession, council: str, caller: Caller, case_id: UUID, after: int, fetch: int
) -> list[HistoryEntry]:
    """List a case's history from the beginning. Raises Problem 404."""
    _, version, roles = await find_visible_case(session, council, caller, case_id)
    rows = await store.list_history(session, council, case_id, after, fetch)
    return [_to_entry(row, version, roles) for row in rows]


def _to_entry(row: Row[Any], version: PublishedVersion, roles: frozenset[str]) -> HistoryEntry:
    personal = None
    if row.changes is not None:
        personal = rules.hide_fields(version.bound.case_type, json.loads(row.changes), roles)
    return HistoryEntry(
        n=row.n,
        kind=row.kind,
        act=row.act,
        at=row.at,
        effective_at=row.effective_at,
        actor=row.actor,
        before=row.before,
        after=row.after,
        weighed=row.weighed,
        personal=personal,
        digest=row.digest.hex(),
    )
