"""The page of a case, its whole history and files, and what staff write in it: sent twice, kept once."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel, ValidationError

from casework.attachments.actions.uploads import Target
from casework.attachments.routes.attachments import read_attachment
from casework.attachments.routes.dependencies import DOWNLOAD, FILE, UPLOAD, FileContext, TheContext
from casework.attachments.routes.uploads import receive_form_file
from casework.caseload.actions import notes
from casework.caseload.schemas import NewLetter, NewNote, Note
from casework.cases.actions import reads
from casework.office.actions import case_views, people
from casework.office.routes import answers
from casework.office.routes.access import PAGES, Reader, render
from casework.office.routes.act_pages import ActPage, TheActPage
from casework.office.rules import labels
from chassis import ids
from chassis.database import Session, Writing
from chassis.idempotency import Idempotency
from chassis.problems import Problem, document_problems
from chassis.types import Slug
from chassis.web import Form, SubmittedFileForm, SubmittedForm, file_form_body, form_body

router = APIRouter(prefix=f"{PAGES}/cases", tags=["office pages"], default_response_class=HTMLResponse)
_NAME = r"^[a-z][a-z0-9_-]{0,59}$|^$"
_PAGE = 50
_PROBLEMS = document_problems(404)
_NOTE, _LETTER, _FILE = "/{case_id}/note", "/{case_id}/letter", "/{case_id}/file"
_MOST_NOTE, _MOST_LETTER, _MOST_SUBJECT = 10_000, 5_000, 200
_FILE_ERRORS = {
    409: "",
    413: "This file is too big. Choose a smaller one",
    415: "This is none of the kinds of file that are taken. Choose another",
    422: "",
}
_LONG = {"x-limits": {"body": 65_536}}
_NOTE_BODY = form_body("submission", "kind", submission=26, kind=20, text=_MOST_NOTE) | _LONG
_FILE_BODY = file_form_body("file", UPLOAD["x-limits"], "submission", submission=26, restricted=60)
_LETTER_LENGTHS = {"submission": 26, "subject": _MOST_SUBJECT, "text": _MOST_LETTER}
_LETTER_BODY = form_body("submission", "subject", **_LETTER_LENGTHS) | _LONG


@router.get("/{case_id}", responses=document_problems(404))
async def show_case(
    staff: Reader,
    request: Request,
    case_id: ids.Id,
    session: Writing,
    done: Annotated[str, Query(pattern=_NAME)] = "",
) -> Response:
    """Show a case. If it has personal data, an event says that you opened it, once an hour."""
    await people.remember(session, staff)
    view = await case_views.open_view(session, staff, case_id)
    definition = view.case_type.actions.get(done) or view.case_type.tasks.get(done)
    context: dict[str, Any] = {"view": view, "case": view.case, "case_type": view.case_type, "form": Form()}
    return render(
        request, staff, "office-case.html", done=definition.name.en if definition else "", **context
    )


@router.get("/{case_id}/history", responses=document_problems(404))
async def show_history(
    staff: Reader,
    request: Request,
    case_id: ids.Id,
    session: Writing,
    before: Annotated[int, Query(ge=2, le=2_147_483_647)] = 2_147_483_647,
) -> Response:
    """Show the history of a case, the latest first."""
    opened = await reads.open_whole(session, staff.council, staff.caller, case_id)
    last = min(before - 1, opened.case.version)
    after = max(0, last - _PAGE)
    entries = await case_views.list_entries(session, staff, opened, after, last - after)
    older = after + 1 if after else None
    context: dict[str, Any] = {
        "case": opened.case,
        "case_type": opened.version.bound.case_type,
        "older": older,
    }
    return render(request, staff, "office-history.html", entries=entries[::-1], **context)


@router.get(
    "/{case_id}/files/{attachment_id}",
    response_class=StreamingResponse,
    openapi_extra=DOWNLOAD,
    responses={**FILE, **document_problems(404, 409)},
)
async def read_file(
    staff: Reader, council: Slug, case_id: ids.Id, attachment_id: ids.Id, context: TheContext
) -> StreamingResponse:
    """Save a clean file of a case."""
    async with context.database.writing(council) as session:
        await reads.open_whole(session, council, staff.caller, case_id)
    return await read_attachment(council, case_id, attachment_id, staff.caller, context)


@router.get(_NOTE, responses=_PROBLEMS)
async def show_note_form(page: TheActPage) -> Response:
    """Show the form of a note."""
    return await _show_writing(page, "office-note.html", _make_form(kind="note"))


@router.post(
    _NOTE,
    responses=_PROBLEMS,
    openapi_extra=_NOTE_BODY,
)
async def submit_note_form(page: TheActPage, form: SubmittedForm) -> Response:
    """Write a note, or record what came in or went out."""
    direction = form.get("kind", 20)
    kind = "note" if direction == "note" else "correspondence"
    values = {"kind": kind, "text": form.get("text", _MOST_NOTE)}
    values |= {} if kind == "note" else {"direction": direction}
    try:
        note = NewNote.model_validate(values)
    except ValidationError:
        form.error("text", "Write between 1 and 10,000 characters")
        return await _show_writing(page, "office-note.html", form, 400)
    submission = answers.read_submission(form)
    if submission is None:
        return await _show_writing(page, "office-note.html", form, 400)
    async with page.database.writing(page.council) as session:
        await _write_once(
            page,
            session,
            submission,
            note,
            lambda: notes.add_note(session, page.council, page.staff.caller, page.case_id, note),
        )
    return page.finish()


@router.get(_FILE, responses=_PROBLEMS)
async def show_file_form(page: TheActPage, context: TheContext) -> Response:
    """Show the form of a file."""
    return await _show_file_form(page, context, _make_form(restricted="-"))


@router.post(_FILE, responses=document_problems(404, 413, 415), openapi_extra=_FILE_BODY)
async def submit_file_form(page: TheActPage, context: TheContext, submitted: SubmittedFileForm) -> Response:
    """Add a file to a case. It can be read when it was scanned."""
    form, file = submitted.form, submitted.file
    submission = answers.read_submission(form)
    if file is None:
        form.error("file", "Choose a file")
    if submission is None or file is None:
        return await _show_file_form(page, context, form, 400)
    key = ids.show(submission)
    target = Target(page.case_id, None, form.get("restricted", 60).strip("-") or None)
    try:
        await receive_form_file(
            page.council,
            page.staff.caller,
            target,
            file,
            context,
            lambda digest: Idempotency(page.request, f"{key}-{digest}"),
        )
    except Problem as problem:
        if problem.status_code not in _FILE_ERRORS:
            raise
        form.error("file", "%(text)s", text=_FILE_ERRORS[problem.status_code] or problem.detail)
        return await _show_file_form(page, context, form, problem.status_code)
    return page.finish()


async def _show_file_form(page: ActPage, context: FileContext, form: Form, status: int = 200) -> Response:
    most = labels.format_size(context.settings.attachment_bytes)
    return await _show_writing(page, "office-file.html", form, status, most=most)


@router.get(_LETTER, responses=_PROBLEMS)
async def show_letter_form(page: TheActPage) -> Response:
    """Show the form of a letter to the person."""
    return await _show_writing(page, "office-letter.html", _make_form())


@router.post(
    _LETTER,
    responses=document_problems(404, 409),
    openapi_extra=_LETTER_BODY,
)
async def submit_letter_form(page: TheActPage, form: SubmittedForm) -> Response:
    """Write to the person of a case by e-mail or SMS."""
    subject, text = form.get("subject", _MOST_SUBJECT), form.get("text", _MOST_LETTER)
    for name, value, most in (("subject", subject, _MOST_SUBJECT), ("text", text, _MOST_LETTER)):
        if not 0 < len(value) <= most:
            form.error(name, "Write between 1 and %(most)s characters", most=f"{most:,}")
    try:
        letter = NewLetter(subject=subject, text=text)
    except ValidationError:
        form.error("text", "This has a character in it that cannot be sent. Type the words again")
        return await _show_writing(page, "office-letter.html", form, 400)
    submission = answers.read_submission(form)
    if submission is None:
        return await _show_writing(page, "office-letter.html", form, 400)
    try:
        async with page.database.writing(page.council) as session:
            await _write_once(
                page,
                session,
                submission,
                letter,
                lambda: notes.send_letter(session, page.council, page.staff.caller, page.case_id, letter),
            )
    except Problem as problem:
        answers.add_problem(form, problem, [])
        return await _show_writing(page, "office-letter.html", form, 400)
    return page.finish()


async def _write_once(
    page: ActPage,
    session: Session,
    submission: UUID,
    body: BaseModel,
    write: Callable[[], Awaitable[Note]],
) -> None:
    """Write what a form says once, however often it is sent.

    Other words in the same form, after a step back in the browser, are another note: none is lost.
    """
    digest = hashlib.sha256(body.model_dump_json().encode()).hexdigest()

    async def work() -> None:  # the answer that is remembered has none of the words
        await write()

    key = f"{ids.show(submission)}-{digest}"
    await Idempotency(page.request, key).run(session, page.staff.caller, body, work)


def _make_form(**values: str) -> Form:
    return Form({"submission": ids.show(ids.new()), **values})


async def _show_writing(
    page: ActPage, template: str, form: Form, status: int = 200, **values: Any
) -> Response:
    opened = await page.open()
    context: dict[str, Any] = {"case": opened.case, "case_type": opened.version.bound.case_type}
    return render(page.request, page.staff, template, status, form=form, **context, **values)
