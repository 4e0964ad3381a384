"""Attachments of a case: list, read, redact, delete."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse

from casework.attachments import rules
from casework.attachments.actions import reads, removal
from casework.attachments.routes.dependencies import (
    DOWNLOAD,
    FILE,
    AttachmentId,
    CaseId,
    Reader,
    TheContext,
    Worker,
)
from casework.attachments.schemas import Attachment, RedactionRequest
from chassis import ids
from chassis.blobs import MissingBlobError
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1/cases/{case_id}/attachments", tags=["attachments"])
_CHANGED: dict[int | str, Any] = {200: ETAG, **document_problems(403, 404, 409, 412, 422, 428)}
# What a browser does with a file of a stranger's: it saves it, and neither guesses, runs nor keeps it.
_TO_BE_SAVED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Redactable:
    """An attachment that is redacted: its transaction, and the versions that it is for."""

    def __init__(self, session: Writing, precondition: IfMatch, attachment_id: AttachmentId) -> None:
        self.session = session
        self.precondition = precondition
        self.id = attachment_id


@router.get("", responses=document_problems(404))
async def list_attachments(
    council: Slug, case_id: CaseId, caller: Reader, session: Reading, paging: Paging
) -> Page[Attachment]:
    """List the files of a case that you may know of, the oldest first."""
    rows = await reads.list_attachments(session, council, caller, case_id, paging.start_id(), paging.fetch)
    return paging.page(rows, reads.show, lambda row: [ids.show(row.id)])


@router.get("/{attachment_id}", responses={200: ETAG, **document_problems(404)})
async def get_attachment(
    council: Slug,
    case_id: CaseId,
    attachment_id: AttachmentId,
    caller: Reader,
    session: Reading,
    response: Response,
) -> Attachment:
    """Get what there is to know of a file: what it is, and whether it is clean."""
    row = await reads.find_attachment(session, council, caller, case_id, attachment_id)
    response.headers.update(version_tag(row.version))
    return reads.show(row)


@router.get(
    "/{attachment_id}/content",
    response_class=StreamingResponse,
    openapi_extra=DOWNLOAD,
    responses={**FILE, **document_problems(404, 409)},
)
async def read_attachment(
    council: Slug, case_id: CaseId, attachment_id: AttachmentId, caller: Reader, context: TheContext
) -> StreamingResponse:
    """Read a clean file. A picture is without what it said of place and camera."""
    async with context.database.reading(council) as session:
        row = await reads.find_attachment(session, council, caller, case_id, attachment_id)
    try:
        chunks = await context.storage.read(reads.find_blob(row))
    except MissingBlobError:  # deleted since
        raise reads.not_found() from None
    disposition = rules.write_disposition(row.name, row.media_type)
    return StreamingResponse(
        chunks,
        headers={**_TO_BE_SAVED, "Content-Disposition": disposition, "Content-Type": row.media_type},
    )


@router.post("/{attachment_id}/redaction", response_model=Attachment, responses=_CHANGED)
async def redact_attachment(
    council: Slug,
    case_id: CaseId,
    body: RedactionRequest,
    caller: Worker,
    change: Annotated[Redactable, Depends()],
    once: OnlyOnce,
) -> Response:
    """Show a redacted copy, another attachment of the case, in place of this one.

    From then on one role alone can read this one. You get the copy.
    """
    session = change.session

    async def work() -> Attachment:
        return await removal.redact(session, council, caller, case_id, change.id, change.precondition, body)

    return await once.run(
        session, caller, body, work, status=200, headers=lambda copy: version_tag(copy.version)
    )


@router.delete("/{attachment_id}", status_code=204, responses=document_problems(403, 404))
async def delete_attachment(
    council: Slug, case_id: CaseId, attachment_id: AttachmentId, caller: Worker, session: Writing
) -> None:
    """Delete a file. The case's history says that it was there, and who deleted it."""
    await removal.delete_attachment(session, council, caller, case_id, attachment_id)
