"""Scan files until there is a verdict, and encode pictures anew. Nobody is shown a file before."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row

from casework.attachments import store
from casework.attachments.rules import State
from casework.cases.actions import changes
from chassis import clock, ids
from chassis.blobs import (
    BlobStorage,
    BrokenImageError,
    Content,
    MissingBlobError,
    Scanner,
    ScannerError,
    make_scanner,
    reencode,
)
from chassis.blobs.deletion import delete_later, storage_of
from chassis.blobs.images import IMAGES
from chassis.database import Session
from chassis.jobs.handlers import CallContext, CallData, Finish, Job, JobHandlers
from chassis.jobs.queue import enqueue

log = logging.getLogger(__name__)

SYSTEM = {"sub": "casework"}
_FIRST_WAIT, _LONGEST_WAIT = 5, 600  # seconds until a scanner that gave no verdict is asked again
_MAX_TRIES = 10  # after which the wait grows no more
_LIMIT = 240.0  # seconds: ClamAV's time, an image's, and the bytes'

handlers = JobHandlers()


class ScanAttachment(CallData):
    """Scan a file, and encode it anew under ``copy_id`` if it is a picture."""

    kind: ClassVar[str] = "casework.scan_attachment"
    attachment: ids.Id
    copy_id: ids.Id
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a held file, and which of its blobs nobody is going to be shown."""

    state: State
    unwanted: tuple[UUID, ...] = ()
    threat: str | None = None
    problem: str | None = None


async def enqueue_scan(session: Session, council: str, attachment: UUID, copy_id: UUID) -> None:
    """Have a file scanned when this transaction has committed."""
    await enqueue(session, ScanAttachment(attachment=attachment, copy_id=copy_id), council=council)


@handlers.call(ScanAttachment, tries=30, limit=_LIMIT)
async def scan(context: CallContext, job: Job[ScanAttachment]) -> Finish | None:
    """Scan a file. A scanner that is away is asked again, for as long as it takes."""
    data = job.data
    async with context.database.reading(job.council) as session:
        row = await store.get_attachment(session, job.council, data.attachment)
    if row is None:
        return _forget(job)
    if row.state != State.ON_HOLD:
        return None
    try:
        outcome = await _examine(storage_of(context), context.share(make_scanner), row)
    except ScannerError as error:
        log.warning("an attachment stays held: %s", error)
        return _scan_later(job)
    return _settle(job, outcome)


async def _examine(storage: BlobStorage, scanner: Scanner, row: Row[Any]) -> Outcome:
    try:
        verdict = await scanner.scan(await storage.read(row.id))
        if verdict.threat is not None:
            return Outcome(State.INFECTED, (row.id,), threat=verdict.threat)
        content = Content(row.media_type)
        if content not in IMAGES:
            return Outcome(State.CLEAN)
        await reencode(storage, row.id, row.copy_id, content)
    except BrokenImageError as error:
        return Outcome(State.BROKEN, (row.id,), problem=str(error))
    except MissingBlobError:
        return Outcome(State.BROKEN, (), problem="its bytes are not there")
    return Outcome(State.CLEAN, (row.id,))


def _forget(job: Job[ScanAttachment]) -> Finish:
    """Delete again what a scan may have written of a file that was deleted meanwhile."""

    async def finish(session: Session) -> None:
        await delete_later(session, [job.data.attachment, job.data.copy_id], council=job.council)

    return finish


def _scan_later(job: Job[ScanAttachment]) -> Finish:
    tries = min(job.data.tries + 1, _MAX_TRIES)
    wait = timedelta(seconds=min(_FIRST_WAIT * 2 ** (tries - 1), _LONGEST_WAIT))

    async def finish(session: Session) -> None:
        data = job.data.model_copy(update={"tries": tries})
        await enqueue(session, data, council=job.council, due_at=clock.now() + wait)

    return finish


def _settle(job: Job[ScanAttachment], outcome: Outcome) -> Finish:
    """Write what became of a file, if it is still there and held."""

    async def finish(session: Session) -> None:
        row = await store.get_attachment(session, job.council, job.data.attachment)
        if row is None:
            await _forget(job)(session)
        elif not await _write(session, row, outcome):
            # Its case came, or it went, between the two statements: look again.
            await enqueue(session, job.data, council=job.council)

    return finish


async def _write(session: Session, row: Row[Any], outcome: Outcome) -> bool:
    """Write an outcome, and in the case's history what nobody is going to be shown."""
    case = None
    if row.case_id is not None:
        case = await changes.lock_case(session, row.council, row.case_id)
    values = {"state": outcome.state, "threat": outcome.threat, "problem": outcome.problem}
    changed = await store.change_state(session, row.council, row.id, State.ON_HOLD, row.case_id, values)
    if changed is None:
        return False
    if case is not None and outcome.state != State.CLEAN:
        name = f"attachment.{ids.show(row.id)}"
        pairs = {name: (State.ON_HOLD, outcome.state), f"{name}.threat": (None, outcome.threat)}
        entry = changes.make_plain_entry(case, "attachment", "scan", SYSTEM, pairs)
        await changes.record(session, case, entry)
    await delete_later(session, outcome.unwanted, council=row.council)
    return True
