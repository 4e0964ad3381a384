"""The command ``python -m chassis run address load FILE... --council SLUG``.

The format is recognised: AddressBase Premium, a DTF export (each of one or more volumes) or plain CSV, packed
or not. Reports its steps, then one summary whose ``outcome`` says what happened (``chassis.commands``): done
when the gazetteer holds the file, refused when the file was.
"""

import argparse
import asyncio
import csv
import time
from collections.abc import Awaitable, Callable
from datetime import UTC
from pathlib import Path
from typing import Any

from address.gazetteer_files.actions import files, volumes
from address.gazetteer_files.rules.csv_rows import Reject
from address.loading.actions import csv_load, supply_load
from address.loading.actions.outcome import LoadFile, LoadOutcome, Progress
from address.loading.actions.preparation import TooManyRetiredError
from address.loading.store import staged_csv
from chassis import clock, ids
from chassis.commands import ExitCode, Reporter, make_reporter
from chassis.database import Database, Session
from chassis.settings import Settings

LoadFunction = Callable[[Session, LoadFile, Progress], Awaitable[LoadOutcome]]


class _RollbackError(Exception):
    """Rolls the transaction back."""


async def load(settings: Settings, arguments: list[str]) -> int:
    """Run the command. Return its exit code."""
    options = _parser().parse_args(arguments)
    database = Database(settings, "address-load", rows_secured=True)
    try:
        with make_reporter() as report:
            return await _load(database, options, report)
    finally:
        await database.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="load",
        description="Load a council's addresses, all or nothing: AddressBase Premium, DTF 7.3 or plain CSV."
        " Gzip and zip are recognised.",
    )
    parser.add_argument("file", type=Path, nargs="+", help="one file, or every volume of a supply")
    parser.add_argument("--council", required=True, help="slug of the council, such as citytown")
    parser.add_argument("--dry-run", action="store_true", help="check everything, then change nothing")
    parser.add_argument("--again", action="store_true", help="even if this file was the last one loaded")
    parser.add_argument("--yes", action="store_true", help="even if a full supply retires very many")
    return parser


async def _load(database: Database, arguments: argparse.Namespace, report: Reporter) -> int:
    started = time.monotonic()
    summary: dict[str, Any] = {
        "council": arguments.council,
        "file": ", ".join(path.name for path in arguments.file),
    }
    path: Path = arguments.file[0]
    try:
        sources = [source for path in arguments.file for source in files.list_sources(path)]
        facts = await asyncio.to_thread(files.inspect_sources, sources)
        supplied = volumes.is_supply(sources[0])
        if not supplied and len(sources) > 1:
            raise files.CorruptFileError(1, "only a supply of several volumes is loaded from several files")
    except OSError as error:
        return report.finish(
            ExitCode.USAGE, "no-file", **summary, message=f"{path} cannot be read: {error.strerror}"
        )
    except files.CorruptFileError as error:
        return report.finish(ExitCode.REFUSED, "corrupt", **summary, line=error.line, message=str(error))
    rows = sum(facts.lines) if supplied else max(facts.lines[0] - 1, 0)
    summary |= {"sha256": facts.sha256, "rows": rows}
    async with database.writing(arguments.council) as session:
        council = await session.first(staged_csv.GET_COUNCIL, {"council": arguments.council})
        if council is None:
            message = await _unknown_council(session, arguments.council)
            return report.finish(ExitCode.USAGE, "unknown-council", **summary, message=message)
        last = await session.first(staged_csv.GET_LAST_LOAD, {"council": arguments.council})
    if last is not None and last.sha256 == facts.sha256 and not arguments.again:
        when = last.loaded_at.astimezone(UTC).isoformat(timespec="seconds")
        return report.finish(
            ExitCode.DONE, "already-loaded", **summary, load=ids.show(last.id), loaded_at=when
        )
    today = clock.today()
    file = LoadFile(
        arguments.council, council.gss, summary["file"], tuple(sources), facts, today, arguments.yes
    )
    run = supply_load.load if supplied else csv_load.load
    return await _run(database, file, run, summary, report, started, dry_run=arguments.dry_run)


async def _unknown_council(session: Session, slug: str) -> str:
    slugs = ", ".join(row.slug for row in await session.all(staged_csv.LIST_COUNCILS)) or "none yet"
    return (
        f"council {slug!r} is not known here (known: {slugs}). Create it with POST /identity/v1/councils;"
        " it is known here as soon as the worker has the event."
    )


async def _run(
    database: Database,
    file: LoadFile,
    load: LoadFunction,
    summary: dict[str, Any],
    report: Reporter,
    started: float,
    *,
    dry_run: bool,
) -> int:
    outcome = LoadOutcome()

    def report_step(step: str, rows: int) -> None:
        report.progress(step, rows, summary["rows"])

    try:
        async with database.writing(file.council) as session:
            outcome = await load(session, file, report_step)
            if outcome.rejects or dry_run:
                raise _RollbackError
    except files.CorruptFileError as error:
        return report.finish(ExitCode.REFUSED, "corrupt", **summary, line=error.line, message=str(error))
    except TooManyRetiredError as error:
        return report.finish(
            ExitCode.REFUSED, "too-many-retired", **summary, absent=error.absent, message=str(error)
        )
    except _RollbackError:
        pass
    seconds = time.monotonic() - started
    summary |= {"seconds": round(seconds, 2), "rows_per_second": round(summary["rows"] / seconds)}
    if properties_read := outcome.notes.get("records", {}).get("21"):
        summary["addresses_per_second"] = round(sum(properties_read.values()) / seconds)
    if outcome.rejects:
        return _write_rejects(file, summary, outcome.rejects, report)
    _rejects_file(file).unlink(missing_ok=True)
    names = ("created", "changed", "retired", "unchanged")
    counts = {name: getattr(outcome, name) for name in names}
    load_id = ids.show(outcome.load) if outcome.load and not dry_run else None
    outcome_name = "dry-run" if dry_run else "loaded"
    summary |= {"load": load_id, **counts, "rejected": 0, **outcome.notes}
    return report.finish(ExitCode.DONE, outcome_name, **summary)


def _write_rejects(file: LoadFile, summary: dict[str, Any], rejects: list[Reject], report: Reporter) -> int:
    place = _rejects_file(file)
    with place.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("line", "column", "value", "reason"))
        writer.writerows(
            (_locate(file, reject.line), reject.column, reject.value, reject.reason) for reject in rejects
        )
    first = rejects[0]
    where = _locate(file, first.line)
    return report.finish(
        ExitCode.REFUSED,
        "rejected",
        **summary,
        rejected=len({reject.line for reject in rejects}),
        rejects_file=str(place),
        line=where,
        message=f"nothing was loaded; line {where}, {first.column or 'row'}: {first.reason}",
    )


def _locate(file: LoadFile, line: int) -> int | str:
    """Return a line's number, after the file's name if there are several volumes."""
    if len(file.sources) == 1:
        return line
    source, line_in_file = volumes.open_supply(file.sources, file.facts.lines).place(line)
    return f"{source.name}:{line_in_file}"


def _rejects_file(file: LoadFile) -> Path:
    path = file.sources[0].path
    return path.with_name(path.name + ".rejects.csv")
