"""``python -m chassis run address load FILE --council SLUG``: what the operator of a council runs.

Prints JSON lines: ``{"step", "rows", "total"}`` while it works, and one summary at the end, whose ``outcome``
says what happened. Exit code 0 when the gazetteer holds the file, 1 when the file was refused, 2 when the
command itself cannot run.
"""

import argparse
import csv
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from address.actions import files, loads
from address.actions.loads import File, Outcome
from address.rules.rows import Reject
from address.store import loading
from chassis import ids
from chassis.database import Database, Session
from chassis.settings import Settings

DONE, REFUSED, CANNOT = 0, 1, 2
_EVERY = 20_000  # rows between two lines of progress


class _UndoError(Exception):
    """Ends the transaction without keeping anything."""


async def load(settings: Settings, arguments: list[str]) -> int:
    """Run the command. The answer is its exit code."""
    asked = _parser().parse_args(arguments)
    database = Database(settings, "address-load", rows_secured=True)
    try:
        return await _load(database, asked)
    finally:
        await database.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="load", description="Load a council's CSV of addresses, all or nothing. Gzip is recognised."
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--council", required=True, help="slug of the council, such as citytown")
    parser.add_argument("--dry-run", action="store_true", help="check everything, then change nothing")
    parser.add_argument("--again", action="store_true", help="even if this file was the last one loaded")
    return parser


async def _load(database: Database, asked: argparse.Namespace) -> int:
    started = time.monotonic()
    summary: dict[str, Any] = {"council": asked.council, "file": asked.file.name}
    try:
        facts = files.inspect(asked.file)
    except OSError as error:
        return _end(CANNOT, summary, "no-file", message=f"{asked.file} cannot be read: {error.strerror}")
    except files.CorruptFileError as error:
        return _end(REFUSED, summary, "corrupt", line=error.line, message=str(error))
    summary |= {"sha256": facts.sha256, "rows": facts.rows}
    async with database.writing(asked.council) as session:
        council = await session.first(loading.COUNCIL, {"council": asked.council})
        if council is None:
            return _end(CANNOT, summary, "unknown-council", message=await _unknown(session, asked.council))
        last = await session.first(loading.LAST_LOAD, {"council": asked.council})
    if last is not None and last.sha256 == facts.sha256 and not asked.again:
        when = last.loaded_at.astimezone(UTC).isoformat(timespec="seconds")
        return _end(DONE, summary, "already-loaded", load=ids.show(last.id), loaded_at=when)
    file = File(asked.council, council.gss, asked.file, facts, datetime.now(UTC).date())
    return await _run(database, file, summary, started, dry_run=asked.dry_run)


async def _unknown(session: Session, slug: str) -> str:
    known = ", ".join(row.slug for row in await session.all(loading.COUNCILS)) or "none yet"
    return (
        f"council {slug!r} is not known here (known: {known}). Create it with POST /identity/v1/councils;"
        " it is known here as soon as the worker has the event."
    )


async def _run(
    database: Database, file: File, summary: dict[str, Any], started: float, *, dry_run: bool
) -> int:
    outcome = Outcome()
    try:
        async with database.writing(file.council) as session:
            outcome = await loads.load(session, file, _progress(file.facts.rows))
            if outcome.rejects or dry_run:
                raise _UndoError
    except files.CorruptFileError as error:
        return _end(REFUSED, summary, "corrupt", line=error.line, message=str(error))
    except _UndoError:
        pass
    seconds = time.monotonic() - started
    summary |= {"seconds": round(seconds, 2), "rows_per_second": round(file.facts.rows / seconds)}
    if outcome.rejects:
        return _refused(file.path, summary, outcome.rejects)
    _rejects_file(file.path).unlink(missing_ok=True)
    counts = {"created": outcome.created, "changed": outcome.changed, "unchanged": outcome.unchanged}
    shown = ids.show(outcome.load) if outcome.load and not dry_run else None
    return _end(DONE, summary, "dry-run" if dry_run else "loaded", load=shown, **counts, rejected=0)


def _progress(total: int) -> loads.Progress:
    said = {"rows": 0}

    def tell(step: str, rows: int) -> None:
        if step != "reading" or rows - said["rows"] >= _EVERY:
            said["rows"] = rows
            _say({"step": step, "rows": rows, "total": total})

    return tell


def _refused(path: Path, summary: dict[str, Any], rejects: list[Reject]) -> int:
    place = _rejects_file(path)
    with place.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "column", "value", "reason"))
        writer.writerows((one.line, one.column, one.value, one.reason) for one in rejects)
    first = rejects[0]
    return _end(
        REFUSED,
        summary,
        "rejected",
        rejected=len({one.line for one in rejects}),
        rejects_file=str(place),
        line=first.line,
        message=f"nothing was loaded; line {first.line}, {first.column or 'row'}: {first.reason}",
    )


def _rejects_file(path: Path) -> Path:
    return path.with_name(path.name + ".rejects.csv")


def _end(code: int, summary: dict[str, Any], outcome: str, **more: Any) -> int:
    _say({"outcome": outcome, **summary, **more})
    return code


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
