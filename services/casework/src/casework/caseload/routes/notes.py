"""Notes and correspondence of cases, for staff."""

from fastapi import APIRouter, Response

from casework.caseload.actions import notes
from casework.caseload.schemas import NewLetter, NewNote, Note
from casework.cases.routes.dependencies import CaseId, Reader, Worker
from chassis import ids
from chassis.database import Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1/cases/{case_id}", tags=["cases"])


@router.post("/notes", status_code=201, response_model=Note, responses=document_problems(403, 404, 422))
async def add_note(
    council: Slug, case_id: CaseId, body: NewNote, caller: Worker, session: Writing, once: OnlyOnce
) -> Response:
    """Write a note, or record correspondence. The person reads it only with `for_person`."""

    async def work() -> Note:
        return await notes.add_note(session, council, caller, case_id, body)

    return await once.run(session, caller, body, work)


@router.post(
    "/letters", status_code=201, response_model=Note, responses=document_problems(403, 404, 409, 422)
)
async def send_letter(
    council: Slug, case_id: CaseId, body: NewLetter, caller: Worker, session: Writing, once: OnlyOnce
) -> Response:
    """Write to the person by e-mail or SMS. What was sent stays with the notes, as correspondence."""

    async def work() -> Note:
        return await notes.send_letter(session, council, caller, case_id, body)

    return await once.run(session, caller, body, work)


@router.get("/notes", responses=document_problems(403, 404))
async def list_notes(
    council: Slug, case_id: CaseId, caller: Reader, session: Reading, paging: Paging
) -> Page[Note]:
    """List a case's notes and correspondence from the beginning."""
    rows = await notes.list_notes(session, council, caller, case_id, paging.start_id(), paging.fetch)
    return paging.page(rows, lambda note: note, lambda note: (ids.show(note.id),))
