"""Put together what is held of a person who asks (UK GDPR, Article 15): a zip file that staff check."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row

from casework.attachments.actions.reads import find_blob
from casework.cases.actions.subjects import get_version
from casework.disclosure.rules import LeftOut, describe_case, describe_left_out, print_cases
from casework.disclosure.schemas import NewPersonExport, PersonExport
from casework.disclosure.store import persons as store
from casework.retention.actions.access import check_manager
from casework.shared.archives import Archive, store_archive
from casework.shared.references import format_reference
from chassis import audit, clock, ids
from chassis.auth import Caller
from chassis.blobs import BlobStorage, MissingBlobError
from chassis.blobs.deletion import delete_later, storage_of
from chassis.database import Database, ReadSession, Session
from chassis.jobs import CallContext, Every, Finish, Job, JobHandlers, LongCallData, Purge, enqueue
from chassis.problems import conflict, not_found

handlers = JobHandlers()
_LIFE = timedelta(days=30)
_MOST = 500  # cases of a person
_AGGREGATE = "casework.person-export"
_NOTES_WHY = "Notes of staff may speak of others: read them, take out what is about others, then give them."


class BuildExport(LongCallData):
    """Put an export together."""

    kind: ClassVar[str] = "casework.build_person_export"
    export: ids.Id


async def request_export(
    session: Session, council: str, caller: Caller, body: NewPersonExport
) -> PersonExport:
    """Have what is held of a person put together. The audit does not name them. Raises Problem 403."""
    await check_manager(session, council, caller)
    export, now = ids.new(), clock.now()
    row = {
        "council": council,
        "id": export,
        "mode": caller.mode,
        "state": "building",
        "about": body.model_dump(mode="json", exclude_none=True),
        "requested_by": caller.record(),
        "requested_at": now,
        "expires_at": now + _LIFE,
    }
    await store.insert_export(session, row)
    await _audit(session, council, caller, "person-export-requested", export)
    await enqueue(session, BuildExport(export=export), council=council)
    return await get_export(session, council, caller, export)


async def get_export(session: ReadSession, council: str, caller: Caller, export: UUID) -> PersonExport:
    """Get an export. Raises Problem 403 or 404."""
    return _show(await _find(session, council, caller, export))


async def read_export(
    database: Database, storage: BlobStorage, council: str, caller: Caller, export: UUID
) -> AsyncIterator[bytes]:
    """Read an export's zip file, and record who did. Raises Problem 403, 404 or 409."""
    async with database.writing(council) as session:
        row = await _find(session, council, caller, export)
        if row.state != "ready":
            raise conflict("export-not-ready", "It is being put together. Try again in a minute.")
        await _audit(session, council, caller, "person-export-read", export)
    try:
        return await storage.read(export)
    except MissingBlobError:
        raise not_found("export") from None


async def _find(session: ReadSession, council: str, caller: Caller, export: UUID) -> Row[Any]:
    await check_manager(session, council, caller)
    row = await store.find_export(session, council, export, clock.now())
    if row is None or row.mode != caller.mode:
        raise not_found("export")
    return row


async def _audit(session: Session, council: str, caller: Caller, act: str, export: UUID) -> None:
    await audit.record(session, council, audit.by_staff(caller), act, _AGGREGATE, ids.show(export))


@handlers.call(BuildExport, limit=3600)
async def build_export(context: CallContext, job: Job[BuildExport]) -> Finish | None:
    """Write the zip file. Written again, it replaces the one before."""
    council, export = job.council, job.data.export
    async with context.database.reading(council) as session:
        row = await store.find_export(session, council, export, clock.now())
        if row is None or row.state != "building":
            return None
        cases = await store.list_cases(session, council, row.mode, row.about, _MOST)
    number = sum(case.is_theirs for case in cases)

    async def fill(archive: Archive) -> None:
        left_out: list[LeftOut] = []
        documents = []
        for case in cases:
            document = await _add_case(context.database, archive, council, case, row.about, left_out)
            if document is not None:
                documents.append(document)
        archive.write_json("for-the-person/cases.json", documents)
        archive.write("for-the-person/cases.html", print_cases(documents, left_out).encode())
        archive.write_json("left-out.json", describe_left_out(left_out))

    zip_file = await store_archive(storage_of(context), export, fill)

    async def finish(session: Session) -> None:
        values = {"cases": number, "size": zip_file.size, "sha256": zip_file.digest}
        await store.finish_export(session, council, export, **values)

    return finish


async def _add_case(
    database: Database,
    archive: Archive,
    council: str,
    case: Row[Any],
    about: Mapping[str, Any],
    left_out: list[LeftOut],
) -> dict[str, Any] | None:
    """Add a case of theirs; what they are not given is named with the reason."""
    reference = format_reference(case.reference)
    if not case.is_theirs:
        left_out.append(
            LeftOut(reference, "the case", "It is of the same property: look whether it is theirs.")
        )
        return None
    if case.restricted is not None:
        why = f"Only the role {case.restricted} may know of it: ask them what may be given."
        left_out.append(LeftOut(reference, "the case", why))
        return None
    async with database.reading(council) as session:
        version = await get_version(session, council, case.type_version)
        entries = await store.list_entries(session, council, case.id)
        notes = await store.list_notes(session, council, case.id)
        files = await store.list_files(session, council, case.id)
    if notes:
        left_out.append(LeftOut(reference, f"{len(notes)} notes", _NOTES_WHY))
        archive.write_json(f"to-check/{reference}/notes.json", [dict(note._mapping) for note in notes])  # noqa: SLF001
    names = [name for file in files if (name := await _add_file(archive, reference, file, left_out))]
    document, hidden = describe_case(case, version.bound.case_type, entries, about.get("person"))
    left_out += hidden
    return document | {"files": names}


async def _add_file(archive: Archive, reference: str, file: Row[Any], left_out: list[LeftOut]) -> str | None:
    """Add a file that anybody with a part in the case may see, if it is clean."""
    item = f"the file {file.name}"
    if file.restricted is not None:
        left_out.append(LeftOut(reference, item, f"Only the role {file.restricted} may read it."))
        return None
    name = f"attachments/{reference}/{ids.show(file.id)}-{file.name}"
    if file.state != "clean" or not await archive.copy_blob(f"for-the-person/{name}", find_blob(file)):
        left_out.append(LeftOut(reference, item, f"It is {file.state}, and not given to anybody."))
        return None
    return name


async def purge_expired(session: Session, most: int) -> int:
    """Delete exports that have expired, and their files."""
    rows = await store.purge(session, clock.now(), most)
    for row in rows:
        await delete_later(session, [row.id], council=row.council)
    return len(rows)


PURGES = (Purge("casework.purge_person_exports", Every(3600), purge_expired),)


def _show(row: Row[Any]) -> PersonExport:
    return PersonExport(
        id=row.id,
        state=row.state,
        requested_by=row.requested_by["sub"],
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        cases=row.cases,
        size=row.size,
        sha256=row.sha256.hex() if row.sha256 else None,
    )
