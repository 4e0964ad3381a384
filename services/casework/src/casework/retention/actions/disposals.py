"""Build lists of what is due, and dispose of those that were signed, a batch a job."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.cases.actions.subjects import get_version
from casework.retention.actions import erasure
from casework.retention.actions.disposal_jobs import BuildList, CertifyDisposal, CopyCases, DisposeCases
from casework.retention.actions.lists import today
from casework.retention.rules.disposals import (
    Authority,
    ListState,
    describe_rule,
    digest_certificate,
    serialise_certificate,
    write_certificate,
)
from casework.retention.store import case_rows, lists
from casework.retention.store.erasure import count_notes
from casework.settings import Settings
from casework.shared.archives import Archive, store_archive
from casework.shared.days import find_local_day
from casework.shared.references import format_reference
from chassis import clock, ids
from chassis.blobs import BlobStorage
from chassis.blobs.deletion import storage_of
from chassis.database import Database, ReadSession, Session
from chassis.jobs import CallContext, Finish, Job, JobHandlers, Priority, enqueue
from chassis.signed_statements import StatementSigner

handlers = JobHandlers()
_PURPOSE = "casework seals"
_BATCH = 500  # cases that a job puts on a list
_MOST = 10_000  # cases on a list; what is due beyond is on the next one
_ERASED = 25  # cases that a transaction erases
_COPIED = 20  # cases that a job copies
_PAGE = 1_000


def make_signer(settings: Settings) -> StatementSigner:
    """Make what signs certificates and seals."""
    return StatementSigner(settings, _PURPOSE)


@handlers.effect(BuildList, limit=50)
async def build_list(session: Session, job: Job[BuildList]) -> None:
    """Put a batch on the list; the last one makes it ready."""
    council, data = job.council, job.data
    row = await lists.lock_list(session, council, data.list)
    if row is None or row.state != ListState.BUILDING:
        return
    after = (data.after_day, data.after_id) if data.after_day and data.after_id else None
    days = row.due_by, today()
    due = await lists.list_due(session, council, row.mode, row.code, days, after, _BATCH)
    items = [await _describe_item(session, council, case) for case in due if case.id is not None]
    await lists.insert_items(session, council, data.list, json.dumps(items))
    total = await lists.count_items(session, council, data.list)
    if due[0].due_count == _BATCH and total < _MOST:
        following = BuildList(list=data.list, after_day=due[0].last_day, after_id=due[0].last_id)
        await enqueue(session, following, council=council, priority=Priority.BULK)
        return
    await lists.update_list(session, council, data.list, state=ListState.READY, items=total)


async def _describe_item(session: Session, council: str, case: Row[Any]) -> dict[str, Any]:
    version = await get_version(session, council, case.type_version)
    retention = version.bound.case_type.results[case.result].retention
    closed_on = find_local_day(case.closed_at)
    follows = format_reference(case.follows) if case.follows else None
    rule = describe_rule(retention.months, retention.then, retention.source, closed_on, follows)
    return {
        "case_id": str(case.id),
        "reference": case.reference,
        "code": case.code,
        "result": case.result,
        "closed_on": closed_on.isoformat(),
        "due_on": case.dispose_on.isoformat(),
        "rule": rule,
        "depth": case.depth,
    }


@handlers.call(CopyCases, limit=3600)
async def copy_cases(context: CallContext, job: Job[CopyCases]) -> Finish:
    """Copy a batch of cases that are archived. What is copied again replaces the copy before."""
    council, list_id = job.council, job.data.list
    async with context.database.reading(council) as session:
        items = await lists.list_to_copy(session, council, list_id, _COPIED)
    copies = [await _copy(context.database, storage_of(context), item) for item in items]

    async def finish(session: Session) -> None:
        for item, values in zip(items, copies, strict=True):
            await lists.update_item(session, council, list_id, item.case_id, **values)
        following = CopyCases(list=list_id) if items else DisposeCases(list=list_id)
        await enqueue(session, following, council=council, priority=Priority.BULK)

    return finish


async def _copy(database: Database, storage: BlobStorage, item: Row[Any]) -> Mapping[str, Any]:
    """Copy a case whole: its rows and its files."""
    async with database.reading(item.council) as session:
        bundled = await read_state(session, item.council, item.case_id)
        rows = await case_rows.read_case_rows(session, item.council, item.case_id)
        files = await case_rows.list_files(session, item.council, item.case_id)

    async def fill(archive: Archive) -> None:
        archive.write_json("case.json", rows)
        for file in files:
            for blob, kind in ((file.id, "as-sent"), (file.copy_id, "as-shown")):
                await archive.copy_blob(f"attachments/{ids.show(file.id)}/{kind}", blob)

    archive = await store_archive(storage, item.bundle, fill)
    return {"bundle_digest": archive.digest, "bundled": bundled}


async def read_state(session: ReadSession, council: str, case_id: UUID) -> list[int]:
    """Read what says whether a case changed since: its version, and how many notes it has."""
    version = await case_rows.find_version(session, council, case_id)
    return [version, await count_notes(session, council, case_id)]


@handlers.effect(DisposeCases, limit=50)
async def dispose_cases(session: Session, job: Job[DisposeCases]) -> None:
    """Dispose of a batch, and go on: to what changed since it was copied, or to the certificate."""
    council, list_id = job.council, job.data.list
    row = await lists.lock_list(session, council, list_id)
    if row is None or row.state != ListState.SIGNED:
        return
    items = await lists.list_erasable(session, council, list_id, _ERASED)
    if items:
        await erasure.dispose(session, row, items)
        following: Any = DisposeCases(list=list_id)
    elif await lists.list_to_copy(session, council, list_id, 1):
        following = CopyCases(list=list_id)
    else:
        following = CertifyDisposal(list=list_id)
    await enqueue(session, following, council=council, priority=Priority.BULK)


@handlers.call(CertifyDisposal)
async def certify_disposal(context: CallContext, job: Job[CertifyDisposal]) -> Finish | None:
    """Issue the certificate: what, how many, by whose authority, when, with the digest of each history."""
    council, list_id = job.council, job.data.list
    async with context.database.reading(council) as session:
        row = await lists.find_list(session, council, list_id)
        if row is None or row.state != ListState.SIGNED:
            return None
        items = await _list_all_items(session, council, list_id)
    authority = Authority(row.requested_by, row.requested_at, row.signed_by, row.signed_at)
    issued_at = clock.now()
    certificate = write_certificate(ids.show(list_id), row.mode, authority, items, issued_at)
    document = serialise_certificate(certificate)
    digest = digest_certificate(document)
    statement = context.share(make_signer).sign({"list": ids.show(list_id), "sha256": digest})

    async def finish(session: Session) -> None:
        values = {"issued_at": issued_at, "document": document, "statement": statement}
        await lists.insert_certificate(
            session, {"council": council, "list_id": list_id, "mode": row.mode, **values}
        )
        await lists.update_list(session, council, list_id, state=ListState.DONE)

    return finish


async def _list_all_items(session: ReadSession, council: str, list_id: UUID) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    after = UUID(int=0)
    while True:
        rows = await lists.list_items(session, council, list_id, after, _PAGE)
        items += [_describe_outcome(row) for row in rows]
        if len(rows) < _PAGE:
            return items
        after = rows[-1].case_id


def _describe_outcome(row: Row[Any]) -> dict[str, Any]:
    """Describe what became of a case. Why somebody keeps one stays on the list: it may name people."""
    members = {
        "case": ids.show(row.case_id),
        "reference": format_reference(row.reference),
        "case_type": row.code,
        "result": row.result,
        "due_on": row.due_on.isoformat(),
        "rule": row.rule,
        "state": row.state,
    }
    if row.digest is not None:
        members["history"] = row.digest.hex()
    if row.bundle_digest is not None:
        members["archive"] = row.bundle_digest.hex()
    if row.deferred_until is not None:
        members |= {"deferred_until": row.deferred_until.isoformat(), "deferred_by": row.deferred_by["sub"]}
    return members
