"""All that a council has here, in files: ``python -m chassis run casework export-council``."""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from casework.disclosure.store import council_rows as store
from casework.settings import Settings
from chassis import clock
from chassis.blobs import BlobStorage, MissingBlobError, open_storage
from chassis.commands import CommandError, ExitCode, Reporter, make_reporter
from chassis.database import Database, Session

FORMAT = "townhall-casework-export/1"
_PAGE = 500
_MOST_FAULTS = 20


async def export_council(settings: Settings, arguments: list[str]) -> int:
    """Write all that a council has to a folder: a file of JSON lines for each table, files, a manifest."""
    parser = argparse.ArgumentParser(prog="run casework export-council", description=export_council.__doc__)
    parser.add_argument("--council", required=True, help="its slug")
    parser.add_argument("--to", required=True, type=Path, help="a folder that is not there yet")
    options = parser.parse_args(arguments)
    _make_folder(options.to)
    database = Database(settings, "casework-export", rows_secured=True)
    try:
        with make_reporter() as report:
            totals = await write_export(database, open_storage(settings), options.council, options.to, report)
            return report.finish(ExitCode.DONE, "exported", **totals)
    finally:
        await database.close()


async def write_export(
    database: Database, storage: BlobStorage, council: str, folder: Path, report: Reporter
) -> dict[str, int]:
    """Write the files, all of one moment; the manifest comes last, so that a part is never taken for all."""
    (folder / "tables").mkdir()
    tables: dict[str, Any] = {}
    async with database.writing(council) as session:
        await store.begin_snapshot(session)
        for name in store.list_tables():
            tables[name] = await _write_table(session, council, name, folder)
            report.progress(name, tables[name]["rows"])
        blobs = await store.list_blobs(session, council)
    files = await _write_blobs(storage, folder, blobs)
    manifest = {
        "format": FORMAT,
        "council": council,
        "exported_at": clock.now().isoformat(),
        "tables": tables,
        "left_out": store.LEFT_OUT,
        "files": files,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return {
        "tables": len(tables),
        "rows": sum(table["rows"] for table in tables.values()),
        "files": len(files),
    }


async def _write_table(session: Session, council: str, name: str, folder: Path) -> dict[str, Any]:
    """Write the rows of a table by key, a page at a time."""
    digest, rows = hashlib.sha256(), 0
    with (folder / "tables" / f"{name}.jsonl").open("wb") as file:
        async for document in store.read_rows(session, council, name, _PAGE):
            line = json.dumps(document, ensure_ascii=False, sort_keys=True).encode() + b"\n"
            file.write(line)
            digest.update(line)
            rows += 1
    return {"rows": rows, "sha256": digest.hexdigest(), **store.describe_table(name)}


async def _write_blobs(
    storage: BlobStorage, folder: Path, blobs: Mapping[str, UUID]
) -> dict[str, dict[str, Any]]:
    files = {}
    for name, blob in sorted(blobs.items()):
        path, digest, size = folder / name, hashlib.sha256(), 0
        try:
            chunks = await storage.read(blob)
        except MissingBlobError:
            continue  # a picture that was not encoded anew has no second file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            async for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        files[name] = {"bytes": size, "sha256": digest.hexdigest()}
    return files


async def verify_export(_settings: Settings, arguments: list[str]) -> int:
    """Check a folder of ``export-council`` against its manifest, with no database."""
    parser = argparse.ArgumentParser(prog="run casework verify-export", description=verify_export.__doc__)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args(arguments)
    with make_reporter() as report:
        check = check_export(options.folder)
        for fault in check.faults[:_MOST_FAULTS]:
            print(fault, file=sys.stderr)
        if check.faults:
            return report.finish(ExitCode.REFUSED, "the export is not whole", faults=len(check.faults))
        return report.finish(ExitCode.DONE, "verified", rows=check.rows, files=check.files)


@dataclass(slots=True)
class ExportCheck:
    """What a check of an export came to."""

    faults: list[str]
    rows: int = 0
    files: int = 0


def check_export(folder: Path) -> ExportCheck:
    """Check every file of an export: is it there, is it as it was, has each table all its rows."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        raise CommandError(ExitCode.REFUSED, f"{folder} has no manifest: the export did not end.") from None
    check = ExportCheck([])
    for name, table in manifest["tables"].items():
        path = folder / "tables" / f"{name}.jsonl"
        if _digest(path) != table["sha256"]:
            check.faults.append(f"{path} is not as it was written")
            continue
        rows = sum(1 for _ in read_lines(path))
        check.rows += rows
        if rows != table["rows"]:
            check.faults.append(f"{path} has {rows} rows of {table['rows']}")
    for name, file in manifest["files"].items():
        check.files += 1
        if _digest(folder / name) != file["sha256"]:
            check.faults.append(f"{folder / name} is not as it was written")
    return check


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read the rows of a table's file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise CommandError(ExitCode.REFUSED, f"{folder} exists. Choose another name.") from None
