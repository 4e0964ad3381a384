"""Notes and correspondence of a case: staff write and read them; the person reads what is for them."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.caseload.schemas import NewLetter, NewNote, Note
from casework.caseload.store import notes as store
from casework.cases.actions import cases, messages, subjects
from casework.model.rules.case_type import RESIDENT
from chassis import clock
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import Problem


async def add_note(session: Session, council: str, caller: Caller, case_id: UUID, note: NewNote) -> Note:
    """Write a note. Raises Problem 403 or 404."""
    await _check_staff(session, council, caller, case_id)
    note_id = await messages.add_note(
        session,
        council,
        case_id,
        caller.record(),
        note.text,
        note.direction,
        for_person=note.for_person,
    )
    return Note(
        id=note_id,
        kind=note.kind,
        direction=note.direction,
        text=note.text,
        for_person=note.for_person,
        author=caller.record(),
        at=clock.now(),
    )


async def send_letter(
    session: Session, council: str, caller: Caller, case_id: UUID, letter: NewLetter
) -> Note:
    """Write to the person by e-mail or SMS, and keep what was sent. Raises Problem 403, 404 or 409."""
    await _check_staff(session, council, caller, case_id)
    row, version, _ = await cases.lock_visible_case(session, council, caller, case_id)
    subject = subjects.read_subject(row, version)
    if not await messages.queue_letter(session, subject, letter.subject, letter.text):
        detail = "It is not known how to reach the person: the case has no e-mail address and no phone."
        raise Problem(409, "no-contact", detail)
    note = NewNote(kind="correspondence", direction="out", text=f"{letter.subject}\n\n{letter.text}")
    return await add_note(session, council, caller, case_id, note)


async def list_notes(
    session: ReadSession, council: str, caller: Caller, case_id: UUID, after: UUID | None, fetch: int
) -> list[Note]:
    """List notes from the beginning. Raises Problem 403 or 404."""
    await _check_staff(session, council, caller, case_id)
    return [_show(row) for row in await store.list_notes(session, council, case_id, after, fetch)]


async def _check_staff(session: ReadSession, council: str, caller: Caller, case_id: UUID) -> None:
    row, actor = await cases.find_visible_case(session, council, caller, case_id)
    is_own = row.person is not None and row.person in {caller.subject, caller.actor}
    if is_own or caller.delegated or not actor.roles - {RESIDENT}:
        raise Problem(403, "staff-only", "Notes of a case are for staff who work on cases of its type.")


def _show(row: Row[Any]) -> Note:
    return Note(
        id=row.id,
        kind=row.kind,
        direction=row.direction,
        text=row.text,
        for_person=row.for_person,
        author=row.author,
        at=row.at,
    )
