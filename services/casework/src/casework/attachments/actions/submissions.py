"""Files that arrive before their case: given to it when it is opened, cleared away if it never is."""

from collections import defaultdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.attachments import store
from casework.attachments.actions.scans import SYSTEM
from casework.cases.actions import cases, changes
from casework.cases.actions.timers import JoinSubmission
from chassis import clock, ids
from chassis.blobs.deletion import delete_later
from chassis.database import Session
from chassis.jobs import Every, Purge
from chassis.jobs.handlers import Job, JobHandlers

_UNFINISHED = timedelta(hours=1)  # far longer than an upload may take
_UNCLAIMED = timedelta(days=1)

handlers = JobHandlers()


@handlers.effect(JoinSubmission)
async def join(session: Session, job: Job[JoinSubmission]) -> None:
    """Give a case what was sent under its submission; nothing while there is no case."""
    for mode in ("live", "sandbox"):
        case = await cases.lock_case_of_submission(session, job.council, mode, job.data.submission)
        if case is not None:
            await _join_case(session, job, case)


async def _join_case(session: Session, job: Job[JoinSubmission], case: Row[Any]) -> None:
    joined = await store.join(session, job.council, job.data.submission, case.mode, case.id)
    if not joined:
        return
    pairs = {f"attachment.{ids.show(row.id)}": (None, row.state) for row in joined}
    pairs |= {f"attachment.{ids.show(row.id)}.threat": (None, row.threat) for row in joined if row.threat}
    entry = changes.make_plain_entry(case, "attachment", "join", SYSTEM, pairs)
    await changes.record(session, case, entry)


async def purge(session: Session, most: int) -> int:
    """Delete a batch of uploads that never ended, and of files that no case came for in a day."""
    now = clock.now()
    rows = await store.purge(session, now - _UNFINISHED, now - _UNCLAIMED, most)
    blobs: dict[str, list[UUID]] = defaultdict(list)
    for row in rows:
        blobs[row.council] += [row.id, row.copy_id]
    for council, unwanted in blobs.items():
        await delete_later(session, unwanted, council=council)
    return len(rows)


PURGES = (Purge("casework.purge_attachments", Every(600), purge),)
