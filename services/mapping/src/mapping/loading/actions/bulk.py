"""Load many files for an operator, by one child process, each layer in one transaction."""

import asyncio
import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chassis.database import Database, Session
from mapping.collections.actions import layers
from mapping.collections.actions.publication import Cause, Publication, publication
from mapping.collections.rules.layers import Layer
from mapping.files.actions.processes import FileReading, read_files
from mapping.files.actions.rows import read_rows
from mapping.files.rules.limits import FileRefusedError, Limits
from mapping.files.rules.reports import FileReport, ReadRequest
from mapping.loading.actions.staged_rows import DatedRow, put_rows
from mapping.loading.rules.features import RowReader, StagedRow, make_reader
from mapping.loading.rules.manifest import LayerEntry
from mapping.loading.store import current_features as store

Progress = Callable[[str, int, int | None], None]
"""What is done, how many rows or layers of it, and of how many."""
ACTOR = "operator"
_LIMITS = replace(Limits(), cpu=1_800, wall=1_800.0)
_MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What came of a layer's file. ``state``: loaded, unchanged or refused."""

    entry: LayerEntry
    state: str
    features: int = 0
    counts: dict[str, int] | None = None
    refusal: FileRefusedError | None = None
    problems: tuple[StagedRow, ...] = ()
    refused: int = 0


@dataclass(frozen=True, slots=True)
class _Task:
    entry: LayerEntry
    path: Path
    reason: str


async def load_entries(
    database: Database,
    folder: Path,
    entries: Sequence[LayerEntry],
    progress: Progress,
    *,
    again: bool = False,
) -> list[BulkOutcome]:
    """Load layers from files in a folder: created if they are not there, unchanged files passed over."""
    tasks, outcomes = [], []
    for entry in entries:
        digest = await asyncio.to_thread(_hash, folder / entry.file)
        task = _Task(entry, folder / entry.file, entry.make_reason(digest))
        if not again and await _is_loaded(database, task):
            outcomes.append(BulkOutcome(entry, "unchanged"))
        else:
            tasks.append(task)
    if tasks:
        outcomes += await _load(database, tasks, progress)
    return outcomes


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _is_loaded(database: Database, task: _Task) -> bool:
    async with database.writing(task.entry.council) as session:
        layer = await layers.find_layer(session, task.entry.council, task.entry.values["name"])
        if layer is None:
            return False
        return await store.get_last_reason(session, layer.id) == task.reason


async def _load(database: Database, tasks: Sequence[_Task], progress: Progress) -> list[BulkOutcome]:
    with tempfile.TemporaryDirectory(prefix="mapping-load-") as name:
        folder = Path(name)
        readings = [
            FileReading(task.path.absolute(), folder / f"{number}.rows", folder, _make_request(task))
            for number, task in enumerate(tasks)
        ]

        def report(number: int, _rows: int, _total: int | None) -> None:
            progress("reading", number + 1, len(tasks))

        reports = await read_files(readings, _LIMITS, report)
        outcomes = []
        for number, (task, reading, outcome) in enumerate(zip(tasks, readings, reports, strict=True), 1):
            if isinstance(outcome, FileRefusedError):
                outcomes.append(BulkOutcome(task.entry, "refused", refusal=outcome))
            else:
                outcomes.append(await _publish(database, task, reading.rows, outcome))
            progress("publishing", number, len(tasks))
        return outcomes


def _make_request(task: _Task) -> ReadRequest:
    values = task.entry.values
    return ReadRequest(task.path.name, values["storage_srid"], values["geometry_type"])


async def _publish(database: Database, task: _Task, rows: Path, report: FileReport) -> BulkOutcome:
    entry = task.entry
    async with database.writing(entry.council) as session:
        layer = await _make_layer(session, entry, report)
        cause = Cause("load", ACTOR, task.reason, entry.values["vintage"])
        async with publication(session, layer.id, cause) as change:
            refused = await _replace(session, change, entry, _read(make_reader(layer, report), rows))
        counts = {name: change.counts[name] for name in ("added", "changed", "moved", "deleted")}
    features = report.rows - len(refused)
    return BulkOutcome(
        entry, "loaded", features, counts, problems=tuple(refused[:_MOST_PROBLEMS]), refused=len(refused)
    )


async def _make_layer(session: Session, entry: LayerEntry, report: FileReport) -> Layer:
    values = dict(entry.values)
    layer = await layers.find_layer(session, entry.council, values["name"])
    if layer is None:
        layer = await layers.create_layer(session, entry.council, ACTOR, values)
    else:
        changed = {name: value for name, value in values.items() if name not in ("name", "storage_srid")}
        layer = await layers.change_layer(session, await layers.lock_layer(session, layer.id), ACTOR, changed)
    if not layer.properties:
        reader = make_reader(layer, report)
        layer = await layers.change_layer(session, layer, ACTOR, {"properties": reader.properties})
    return layer


def _read(reader: RowReader, path: Path) -> Iterator[list[StagedRow]]:
    for batch in read_rows(path):
        yield [reader.read(row) for row in batch]


async def _replace(
    session: Session, change: Publication, entry: LayerEntry, batches: Iterator[list[StagedRow]]
) -> list[StagedRow]:
    """Replace a layer's features by a file's. Return the rows that were refused."""
    remaining = set(await store.list_standing(session, change.layer.id))
    refused: list[StagedRow] = []
    validity = (entry.valid_from, entry.valid_to)
    while batch := await asyncio.to_thread(next, batches, None):
        refused += [row for row in batch if row.problem]
        good = [DatedRow(row, validity) for row in batch if not row.problem]
        remaining.difference_update(each.row.fid for each in good)
        await put_rows(change, good)
    if remaining:
        await change.remove(sorted(remaining))
    return refused
