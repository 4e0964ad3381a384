"""A case as the office shows it: what it is, what happened, how long is left, and what can be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from casework.attachments.actions import reads as attachments
from casework.attachments.schemas import Attachment
from casework.caseload.actions import notes
from casework.caseload.schemas import Note
from casework.cases import rules
from casework.cases.actions import reads, subjects
from casework.cases.actions.reads import OpenedCase
from casework.cases.schemas import Case, ClockView, HistoryEntry
from casework.model.rules.case_state import CaseState
from casework.model.rules.case_type import CaseType
from casework.office.actions import look_alikes, people, prospects
from casework.office.actions.look_alikes import LookAlike
from casework.office.actions.prospects import Prospect
from casework.office.rules import values
from casework.office.rules.timeline import EntryLine, Narrator
from chassis import clock
from chassis.database import ReadSession, Session
from chassis.problems import Problem
from chassis.web.sign_in import Staff

ENTRIES, _NOTES, _FILES = 20, 200, 100


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field of a case: its label and its value in words."""

    label: str
    value: str
    restricted: str


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A clock: what the API says of it, whether it runs, and why it is due when it is."""

    clock: ClockView
    status: str
    explanation: Sequence[str]


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as its page shows it. ``notes`` and ``files`` are None for who has no role in it."""

    case: Case
    case_type: CaseType
    fields: Sequence[FieldLine]
    clocks: Sequence[ClockLine]
    prospects: Sequence[Prospect]
    entries: Sequence[EntryLine]  # the latest first
    notes: Sequence[Note] | None
    files: Sequence[Attachment] | None
    duplicates: Sequence[LookAlike]
    names: Mapping[str, str]  # subject -> what pages call them
    roles: frozenset[str]
    corrections: Sequence[str]  # actions whose time their reader may correct

    @property
    def has_property_field(self) -> bool:
        """Tell whether a field shows the property, so that it need not stand there twice."""
        fields = self.case_type.fields.values()
        return any(field.schema.get("format") == "uprn" and field.id in self.case.fields for field in fields)


async def open_view(session: Session, staff: Staff, case_id: UUID) -> CaseView:
    """Open a case for its page; an event says that it was opened. Raises Problem 404."""
    opened = await reads.open_whole(session, staff.council, staff.caller, case_id)
    case, case_type = opened.case, opened.version.bound.case_type
    state = read_state(opened)
    entries = await _list_entries(session, staff, case, case.version - ENTRIES)
    of_staff = await _list_for_staff(session, staff, case_id)
    letters = of_staff[0] if of_staff else []
    names = await _find_names(session, staff, case, entries, letters)
    narrator = Narrator(case_type, names, case.person)
    return CaseView(
        case=case,
        case_type=case_type,
        fields=_list_fields(case, case_type),
        clocks=await _list_clocks(session, staff, opened, state),
        prospects=await prospects.list_prospects(session, staff, opened, state),
        entries=[narrator.tell(entry) for entry in reversed(entries)],
        notes=None if of_staff is None else of_staff[0],
        files=None if of_staff is None else of_staff[1],
        duplicates=await look_alikes.list_of_case(session, staff, case_id),
        names=names,
        roles=opened.roles,
        corrections=[
            action.id
            for action in case_type.actions.values()
            if action.id in state.actors and action.roles & opened.roles
        ],
    )


def read_state(opened: OpenedCase) -> CaseState:
    """Read the state of an opened case, with fields that its reader may not see."""
    return rules.read_state(opened.row.engine, opened.row.personal or {})


async def list_entries(
    session: ReadSession, staff: Staff, opened: OpenedCase, after: int, fetch: int = ENTRIES
) -> list[EntryLine]:
    """List entries of a case's history in words, from the one behind ``after`` on."""
    entries = await _list_entries(session, staff, opened.case, after, fetch)
    names = await _find_names(session, staff, opened.case, entries, [])
    narrator = Narrator(opened.version.bound.case_type, names, opened.case.person)
    return [narrator.tell(entry) for entry in entries]


async def _list_entries(
    session: ReadSession, staff: Staff, case: Case, after: int, fetch: int = ENTRIES
) -> list[HistoryEntry]:
    return await reads.list_history(session, staff.council, staff.caller, case.id, max(0, after), fetch)


async def _list_for_staff(
    session: ReadSession, staff: Staff, case_id: UUID
) -> tuple[list[Note], list[Attachment]] | None:
    """List what only staff with a part in the case see: notes and files; None for others."""
    of_case = (session, staff.council, staff.caller, case_id, None)
    try:
        letters = await notes.list_notes(*of_case, _NOTES)
        files = await attachments.list_attachments(*of_case, _FILES)
    except Problem as problem:
        if problem.status_code not in {403, 404}:
            raise
        return None
    return letters, [attachments.show(row) for row in files]


async def _find_names(
    session: ReadSession,
    staff: Staff,
    case: Case,
    entries: Sequence[HistoryEntry],
    letters: Sequence[Note],
) -> Mapping[str, str]:
    subjects_of: set[str] = {case.assignee or ""}
    for record in (*(entry.actor for entry in entries), *(note.author for note in letters)):
        subjects_of |= {record.get("sub", ""), record.get("act", "")}
    for entry in entries:
        subjects_of |= {str(side.get("assignee", "")) for side in (entry.before, entry.after)}
    return await people.find_names(session, staff, subjects_of - {""})


def _list_fields(case: Case, case_type: CaseType) -> list[FieldLine]:
    return [
        FieldLine(field.label.en, values.format_value(field.schema, case.fields[field.id]), field.restricted)
        for field in case_type.fields.values()
        if case.fields.get(field.id) is not None
    ]


async def _list_clocks(
    session: ReadSession, staff: Staff, opened: OpenedCase, state: CaseState
) -> list[ClockLine]:
    """List the clocks that started, each with why it is due when it is."""
    if not opened.case.clocks:
        return []
    authority = subjects.find_authority(opened.version.bound.case_type, state.fields)
    law, now = await subjects.load_due_dates(session, staff.council, authority), clock.now()
    lines = []
    for view in opened.case.clocks:
        definition = opened.version.bound.case_type.clocks[view.clock]
        events = state.clocks.get(view.clock, ())
        if events:
            steps = law.explain(definition, events, now)
            lines.append(ClockLine(view, law.find_status(definition, events, now), steps))
    return sorted(lines, key=_find_urgency)


def _find_urgency(line: ClockLine) -> tuple[bool, datetime | str]:
    due_at = line.clock.due_at
    return due_at is None, line.clock.clock if due_at is None else due_at.isoformat()


def read_values(opened: OpenedCase, names: Sequence[str]) -> dict[str, Any]:
    """Read the values of fields that a form begins with, as far as its reader may see them."""
    return {name: opened.case.fields[name] for name in names if name in opened.case.fields}
