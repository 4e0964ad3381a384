"""Read a file that was sent, stage its rows, and compare them with the layer. The layer stays as it is."""

import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.blobs import BlobStorage, MissingBlobError, ScannerError, make_scanner
from chassis.blobs.deletion import delete_later, storage_of
from chassis.database import Session
from chassis.jobs import CallContext, Finish, Job, JobHandlers, LongCallData, RetryAfterError
from mapping.collections.actions.layers import lock_layer
from mapping.collections.rules.layers import Layer
from mapping.files.actions.processes import FileReading, read_file
from mapping.files.actions.rows import read_rows
from mapping.files.rules.limits import FileRefusedError
from mapping.files.rules.reports import FileReport, FileRow, ReadRequest
from mapping.loading.rules.features import RowReader, make_reader
from mapping.loading.rules.loads import State
from mapping.loading.store import loads as store

handlers = JobHandlers()
_LIMIT = 1_800.0  # seconds of a job
_PROGRESS = 1.0  # seconds between two entries of how far it is
_SCAN_AGAIN = 30.0  # seconds until a scanner that is away is asked again


class ReadLoad(LongCallData):
    """Read the file of a load."""

    kind: ClassVar[str] = "mapping.read_load"
    load: ids.Id


@handlers.call(ReadLoad, tries=8, limit=_LIMIT)
async def read_load(context: CallContext, job: Job[ReadLoad]) -> Finish | None:
    """Read a load's file. A worker that dies is followed by one that begins again."""
    intake = _Intake(context, job.council, job.data.load)
    async with context.database.writing(job.council) as session:
        row = await store.get_load(session, job.council, job.data.load)
        if row is None or row.state != State.WAITING:
            return None
        layer = await lock_layer(session, row.collection)
    try:
        with tempfile.TemporaryDirectory(prefix="mapping-load-") as folder:
            await intake.fetch(Path(folder) / "file")
            report = await intake.read(Path(folder), row, layer)
            reader = make_reader(layer, report)
            await intake.stage(Path(folder) / "rows", reader)
    except FileRefusedError as error:
        return _refuse(job, error)
    return _compare(job, report, reader)


class _Intake:
    """One reading of a load's file."""

    def __init__(self, context: CallContext, council: str, load: UUID) -> None:
        self._context, self._council, self._load = context, council, load
        self._next = 0.0  # when the next progress is due, by the loop's clock
        self._writes: list[asyncio.Task[None]] = []

    async def fetch(self, path: Path) -> None:
        """Copy the file to our disk when it is scanned. Raises FileRefusedError of one with a virus."""
        storage: BlobStorage = storage_of(self._context)
        try:
            verdict = await self._context.share(make_scanner).scan(await storage.read(self._load))
            if verdict.threat is not None:
                raise FileRefusedError("infected", f"A virus was found in the file: {verdict.threat}.")
            with path.open("wb") as out:
                async for chunk in await storage.read(self._load):
                    await asyncio.to_thread(out.write, chunk)
        except ScannerError as error:
            raise RetryAfterError(str(error), _SCAN_AGAIN) from None
        except MissingBlobError:
            raise FileRefusedError("lost", "The file's bytes are not there. Send it again.") from None

    async def read(self, folder: Path, row: Row[Any], layer: Layer) -> FileReport:
        """Read the file by a child, and write how far it is once a second. Raises FileRefusedError."""
        options = row.options
        request = ReadRequest(
            row.file_name,
            layer.storage_srid,
            layer.geometry_type,
            options.get("source_layer"),
            options.get("crs"),
            options.get("encoding"),
        )

        def note(_number: int, rows: int, total: int | None) -> None:
            self._note(rows, total)

        try:
            return await read_file(FileReading(folder / "file", folder / "rows", folder, request), None, note)
        finally:
            await asyncio.gather(*self._writes)

    def _note(self, rows: int, total: int | None) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._next:
            self._next = now + _PROGRESS
            self._writes.append(asyncio.create_task(self._write_progress(rows, total)))

    async def _write_progress(self, rows: int, total: int | None) -> None:
        async with self._context.database.writing(self._council) as session:
            await store.set_progress(session, self._council, self._load, rows, total)

    async def stage(self, path: Path, reader: RowReader) -> None:
        """Write the rows, a transaction for each batch; those of an earlier try are gone first."""
        async with self._context.database.writing(self._council) as session:
            await store.clear_rows(session, self._council, self._load)
        batches = read_rows(path)
        while batch := await asyncio.to_thread(next, batches, None):
            columns = await asyncio.to_thread(_make_columns, reader, batch)
            async with self._context.database.writing(self._council) as session:
                await store.stage_rows(session, self._council, self._load, columns)


def _make_columns(reader: RowReader, batch: Sequence[FileRow]) -> dict[str, list[Any]]:
    rows = [reader.read(row) for row in batch]
    return {
        "row": [row.row for row in rows],
        "fid": [row.fid[:200] for row in rows],
        "wkb": [row.wkb for row in rows],
        "properties": [json.dumps(row.properties, ensure_ascii=False) for row in rows],
        "repaired": [row.repaired for row in batch],
        "change": ["refused" if row.problem else None for row in rows],
        "code": [row.problem[0] if row.problem else None for row in rows],
        "detail": [row.problem[1] if row.problem else None for row in rows],
    }


def _refuse(job: Job[ReadLoad], error: FileRefusedError) -> Finish:
    problem = {"code": error.code, "detail": error.detail, "layers": list(error.choices)}

    async def finish(session: Session) -> None:
        row = await store.lock_load(session, job.council, job.data.load)
        if row is not None and row.state == State.WAITING:
            values = {"state": State.REFUSED, "problem": problem}
            await store.update_load(session, job.council, job.data.load, values)
            await delete_later(session, [job.data.load], council=job.council)

    return finish


def _compare(job: Job[ReadLoad], report: FileReport, reader: RowReader) -> Finish:
    if reader.left_out:
        listing = ", ".join(reader.left_out[:20])
        report.note("fields-left-out", f"The layer has no such properties, so they were left out: {listing}.")

    async def finish(session: Session) -> None:
        row = await store.lock_load(session, job.council, job.data.load)
        if row is None or row.state != State.WAITING:
            return
        values = {
            "report": replace(report, layers=[]).to_json(),
            "properties": [each._asdict() for each in reader.properties],
            "rows_read": report.rows,
        }
        await store.update_load(session, job.council, row.id, values)
        await compare(session, row)
        await delete_later(session, [row.id], council=job.council)

    return finish


async def compare(session: Session, load: Row[Any], problem: dict[str, Any] | None = None) -> None:
    """Compare a locked load with its layer, and have somebody decide. ``problem``: why it is done again."""
    layer = await lock_layer(session, load.collection)
    counts = await store.compare(session, load.council, load.id, load.collection)
    values = {
        "state": State.COMPARED,
        "counts": counts,
        "compared_with": layer.version,
        "problem": problem,
    }
    await store.update_load(session, load.council, load.id, values)
