"""Upload files: to a case, or under a submission that is going to open one."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel

from casework.attachments import rules
from casework.attachments.actions import reads, removal, uploads
from casework.attachments.actions.uploads import Target
from casework.attachments.routes.dependencies import (
    UPLOAD,
    AttachmentId,
    CaseId,
    FileContext,
    IncomingFile,
    Restricted,
    TheContext,
    TheFile,
    TheSubmission,
    Worker,
)
from casework.attachments.schemas import Attachment
from chassis import ids
from chassis.auth import Caller
from chassis.database import Reading, Session, Writing
from chassis.etags import ETAG, version_tag
from chassis.idempotency import Idempotency, OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import Problem, document_problems
from chassis.types import Slug
from chassis.web import FormFile

router = APIRouter(prefix="/{council}/casework/v1", tags=["attachments"])
RESPONSES: dict[int | str, Any] = {201: ETAG, **document_problems(404, 409, 413, 415, 422)}


class _Body(BaseModel):
    """The part of a request that an Idempotency-Key remembers."""

    sha256: str
    name: str
    restricted: str | None
    submission: str | None


@router.post(
    "/cases/{case_id}/attachments",
    status_code=201,
    response_model=Attachment,
    openapi_extra=UPLOAD,
    responses=RESPONSES,
)
async def add_attachment(
    council: Slug,
    case_id: CaseId,
    caller: Worker,
    file: TheFile,
    context: TheContext,
    once: OnlyOnce,
    restricted: Restricted = None,
) -> Response:
    """Add a file to a case, as the body of the request.

    Its content says what it is, whatever it is called. It is scanned, and can be read when it is `clean`; a
    picture is encoded anew, without what it says of place and camera.
    """
    target = Target(case_id, None, restricted)
    return await receive_upload(council, caller, target, file, context, lambda _: once)


@router.post(
    "/attachments", status_code=201, response_model=Attachment, openapi_extra=UPLOAD, responses=RESPONSES
)
async def add_unattached(
    council: Slug,
    submission: TheSubmission,
    caller: Worker,
    file: TheFile,
    context: TheContext,
    once: OnlyOnce,
    restricted: Restricted = None,
) -> Response:
    """Send a file before its case is there, as the body of the request.

    A case that is opened with the same `submission` gets it. If none is within a day, it is deleted.
    """
    target = Target(None, submission, restricted)
    return await receive_upload(council, caller, target, file, context, lambda _: once)


async def receive_upload(
    council: str,
    caller: Caller,
    target: Target,
    file: IncomingFile,
    context: FileContext,
    remember: Callable[[str], Idempotency],
    *,
    location: str = "",
) -> Response:
    """Receive a file. Its row goes with its bytes if the request is refused, or repeats an earlier one.

    ``remember`` makes what remembers the answer, of the SHA-256. ``location``: where its sender finds
    it, if that is not the case's attachments.
    """
    async with context.database.writing(council) as session:
        upload = await uploads.begin_upload(session, context.settings, council, caller, target, file.name)
    finished = False

    async def finish() -> Attachment:
        nonlocal finished
        attachment = await uploads.finish_upload(session, council, caller, upload, receipt)
        finished = True
        return attachment

    def describe(attachment: Attachment) -> Mapping[str, str]:
        place = location or reads.locate(council, attachment, target.case_id)
        return {**version_tag(attachment.version), "Location": place}

    try:
        receipt = await uploads.receive_file(
            context.storage, context.settings, upload, file.read(), file.declared
        )
        body = _Body(
            sha256=receipt.sha256.hex(),
            name=file.name,
            restricted=target.restricted,
            submission=target.submission,
        )
        async with context.database.writing(council) as session:
            return await _answer(session, remember(body.sha256), caller, body, finish, describe)
    except BaseException:
        finished = False
        raise
    finally:
        if not finished:
            async with context.database.writing(council) as session:
                await uploads.discard_upload(session, council, upload)


async def _answer(
    session: Session,
    once: Idempotency,
    caller: Caller,
    body: _Body,
    finish: Callable[[], Awaitable[Attachment]],
    describe: Callable[[Attachment], Mapping[str, str]],
) -> Response:
    return await once.run(session, caller, body, finish, headers=describe)


async def receive_form_file(
    council: str,
    caller: Caller,
    target: Target,
    file: FormFile,
    context: FileContext,
    remember: Callable[[str], Idempotency],
) -> None:
    """Receive the file of a page's form. Raises Problem 400, 404, 409, 413, 415 or 422.

    The rest of a refused file is read too, and thrown away: else a browser that still sends shows no answer.
    """
    file.name = rules.clean_name(file.name)
    try:
        await receive_upload(council, caller, target, file, context, remember)
    except Problem:
        async with asyncio.timeout(context.settings.attachment_seconds):
            await file.discard()
        raise


@router.get("/attachments")
async def list_unattached(
    council: Slug, submission: TheSubmission, caller: Worker, session: Reading, paging: Paging
) -> Page[Attachment]:
    """List the files that you sent under a submission that has no case yet."""
    owner = reads.name_owner(council, caller, submission)
    rows = await reads.list_unattached(session, owner, paging.start_id(), paging.fetch)
    return paging.page(rows, reads.show, lambda row: [ids.show(row.id)])


@router.delete("/attachments/{attachment_id}", status_code=204, responses=document_problems(404))
async def delete_unattached(
    council: Slug, attachment_id: AttachmentId, submission: TheSubmission, caller: Worker, session: Writing
) -> None:
    """Delete a file that you sent and that has no case yet."""
    owner = reads.name_owner(council, caller, submission)
    await removal.delete_unattached(session, owner, attachment_id)
