"""Receive a file: its row first, then its bytes, then what came of them."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from uuid import UUID

from casework.attachments import store
from casework.attachments.actions import reads
from casework.attachments.actions.scans import enqueue_scan
from casework.attachments.rules import State
from casework.attachments.schemas import Attachment
from casework.cases.actions import cases, changes, timers
from casework.settings import Settings
from chassis import clock, ids
from chassis.auth import Caller
from chassis.blobs import BlobStorage, BlobTooLargeError, Content, Receipt, UnknownContentError, receive
from chassis.blobs.deletion import delete_later
from chassis.database import Session
from chassis.problems import FieldError, Problem, conflict


@dataclass(frozen=True, slots=True)
class Target:
    """Where a file goes: to a case, or under a submission that is to open one.

    ``restricted``: the one role that may know of it.
    """

    case_id: UUID | None
    submission: str | None
    restricted: str | None


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that has begun: its row is there."""

    id: UUID
    copy_id: UUID
    target: Target


async def begin_upload(
    session: Session, settings: Settings, council: str, caller: Caller, target: Target, name: str
) -> Upload:
    """Write the row of a file that is going to arrive. Raises Problem 404, 409 or 422."""
    if target.case_id is not None:
        _, version, actor = await cases.lock_visible_case(session, council, caller, target.case_id)
        reads.check_roles(actor.roles)
        check_role(target.restricted, version.bound.case_type.roles, "query.restricted")
        count = await store.count_of_case(session, council, target.case_id)
    else:
        submission = target.submission or ""
        await store.lock_submission(session, council, submission)
        count = await store.count_of_submission(session, council, submission)
    if count >= settings.attachment_count:
        most = settings.attachment_count
        raise conflict("too-many-attachments", f"There are {count} attachments already, and {most} may be.")
    upload = Upload(ids.new(), ids.new(), target)
    row = {
        "council": council,
        "id": upload.id,
        "copy_id": upload.copy_id,
        "case_id": target.case_id,
        "submission": target.submission,
        "mode": caller.mode,
        "state": State.RECEIVING,
        "name": name,
        "restricted": target.restricted,
        "created_by": caller.record(),
        "version": 1,
        "created_at": clock.now(),
    }
    await store.insert_attachment(session, row)
    return upload


def check_role(role: str | None, roles: Collection[str], field: str) -> None:
    """Check that a role is one of the case type's. Raises Problem 422."""
    names = sorted(roles)
    if role is not None and role not in names:
        detail = f"The case type has no such role. It has {', '.join(names)}."
        errors = [FieldError(field=field, message=detail, code="unknown")]
        raise Problem(422, "unknown-role", detail, errors=errors)


async def receive_file(
    storage: BlobStorage, settings: Settings, upload: Upload, chunks: AsyncIterator[bytes], declared: str
) -> Receipt:
    """Write a file's bytes as they arrive. Raises Problem 400, 413 or 415, and then nothing is stored."""
    limit = settings.attachment_bytes
    in_time = _read_in_time(chunks, settings.attachment_seconds)
    try:
        return await receive(
            storage, upload.id, in_time, declared=declared, allowed=tuple(Content), limit=limit
        )
    except BlobTooLargeError:
        raise too_large(limit) from None
    except UnknownContentError as error:
        detail = f"Its content is none of the kinds that are taken: {error}."
        raise Problem(415, "unsupported-content", detail) from None


def too_large(limit: int) -> Problem:
    """Make the 413 of a file over the limit, in bytes."""
    detail = f"A file may have {limit} bytes at most."
    return Problem(413, "file-too-large", detail, limit=limit)


async def _read_in_time(chunks: AsyncIterator[bytes], seconds: float) -> AsyncIterator[bytes]:
    """Read a body to its end, which must come in so many seconds."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            detail = "The file took too long to arrive, and nothing is kept of it. Send it again."
            raise Problem(400, "upload-too-slow", detail) from None
        yield chunk


async def finish_upload(
    session: Session, council: str, caller: Caller, upload: Upload, receipt: Receipt
) -> Attachment:
    """Write what arrived, and have it scanned. Raises Problem 404, or 400 if its row was cleared away."""
    case_id, submission = upload.target.case_id, upload.target.submission
    case = None
    if case_id is not None:
        case, _, _ = await cases.lock_visible_case(session, council, caller, case_id)
    values = {
        "state": State.ON_HOLD,
        "media_type": receipt.content,
        "size": receipt.size,
        "sha256": receipt.sha256,
    }
    row = await store.change_state(session, council, upload.id, State.RECEIVING, case_id, values)
    if row is None:
        detail = "The file took too long to arrive, and nothing is kept of it. Send it again."
        raise Problem(400, "upload-too-slow", detail)
    if case is not None:
        added = {f"attachment.{ids.show(upload.id)}": (None, State.ON_HOLD)}
        entry = changes.make_plain_entry(case, "attachment", "add", caller.record(), added)
        await changes.record(session, case, entry)
    elif submission is not None:
        await timers.enqueue_join(session, council, submission)
    await enqueue_scan(session, council, upload.id, upload.copy_id)
    return reads.show(row)


async def discard_upload(session: Session, council: str, upload: Upload) -> None:
    """Clear away an upload that came to nothing."""
    if await store.discard(session, council, upload.id):
        await delete_later(session, [upload.id], council=council)
