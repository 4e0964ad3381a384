"""Load a council's file into its gazetteer: all of it or nothing, in one transaction.

Rows of the file are added or brought up to date by UPRN; properties that are not in the file stay as they
are. Readers see the old gazetteer until the commit and the new one after it.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from address.actions.files import Facts, records
from address.events import PropertyChanged, PropertyCreated
from address.rules import codes, lifecycle, rows
from address.rules.rows import Reject
from address.store import codelists, loading, projection, upserts
from chassis import ids
from chassis.database import Session

_BLOCK = 2_000  # rows of one COPY message
_MOST_REJECTS = 10_000  # told in the reject file

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class File:
    """A file to load, and for whom. ``today`` is the date its records are entered under."""

    council: str
    gss: str
    path: Path
    facts: Facts
    today: date


@dataclass(slots=True)
class Outcome:
    """What a load did. With ``rejects`` it did nothing: the transaction must be rolled back."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    load: UUID | None = None
    rejects: list[Reject] = field(default_factory=list)


async def load(session: Session, file: File, progress: Progress) -> Outcome:
    """Load the file. Raises CorruptFileError; the caller rolls back then and when there are rejects."""
    for statement in (loading.SETTINGS, loading.STAGE, loading.TOUCH):
        await session.execute(statement)
    await session.execute(loading.ALONE, {"council": file.council})
    staged, rejects = await _stage(session, file, progress)
    if not rejects:
        progress("checking", staged)
        rejects = await _cross_check(session, file.council)
    if rejects:
        return Outcome(rejects=sorted(rejects, key=lambda reject: reject.line))
    return await _write(session, file, staged, progress)


async def _stage(session: Session, file: File, progress: Progress) -> tuple[int, list[Reject]]:
    """Copy the rows into the staging table. Answers how many, and those that cannot be."""
    rejects: list[Reject] = []
    count = 0

    async def blocks() -> AsyncIterator[bytes]:
        nonlocal count
        for block, size in _blocks(file.path, rejects):
            count += size
            progress("reading", count)
            yield block.encode()

    connection = await session.connection.get_raw_connection()
    driver: Any = connection.driver_connection
    await driver.copy_to_table("staged", source=blocks())
    return count, rejects


def _blocks(path: Path, rejects: list[Reject]) -> Iterator[tuple[str, int]]:
    """The file as blocks of COPY text with their number of rows; faulty rows go to ``rejects``."""
    lines: list[str] = []
    for number, record in records(path):
        line, faults = rows.stage(number, record)
        if faults:
            rejects.extend(faults[: max(0, _MOST_REJECTS - len(rejects))])
        else:
            lines.append(line)
        if len(lines) == _BLOCK:
            yield "".join(lines), _BLOCK
            lines = []
    if lines:
        yield "".join(lines), len(lines)


async def _cross_check(session: Session, council: str) -> list[Reject]:
    """What is wrong between rows, and between the file and the gazetteer."""
    asked = {"council": council, "codes": list(codelists.classifications()), "deepest": lifecycle.DEEPEST}
    found = [row for check in loading.CHECKS for row in await session.all(check, asked)]
    if not found:
        found = list(await session.all(loading.TOO_DEEP, asked))
    return [Reject(row.line, row.name, row.value, row.reason) for row in found[:_MOST_REJECTS]]


async def _write(session: Session, file: File, staged: int, progress: Progress) -> Outcome:
    """Bring the tables to what is staged."""
    load_id = ids.new()
    custodian = codelists.custodians().get(file.gss)
    named: dict[str, Any] = {
        "council": file.council,
        "today": file.today,
        "custodian": custodian and custodian.code,
        "custodian_name": custodian and custodian.name,
        "country": codes.country_of(file.gss),
        "actor": f"load/{ids.show(load_id)}",
        "prefix": f"{custodian.code if custodian else 0:04}",
    }
    named["given"] = await session.scalar(upserts.GAZETTEER, named)
    for statement in (upserts.TOUCH_NEW, upserts.TOUCH_CHANGED, upserts.TOUCH_RENAMED):
        await session.execute(statement, named)
    counts = await session.first(upserts.COUNT_TOUCHED)
    assert counts is not None  # noqa: S101 - an aggregate always answers a row
    outcome = Outcome(
        counts.created, counts.changed, staged - counts.created - counts.changed + counts.elsewhere
    )
    outcome.load = load_id
    progress("writing", staged)
    for statement in upserts.WRITES:
        await session.execute(statement, named)
    progress("indexing", staged)
    await _project(session, file.council)
    progress("announcing", staged)
    await _announce(session, file.council)
    await _record(session, file, outcome, staged)
    return outcome


async def _project(session: Session, council: str) -> None:
    """Write the read model of the touched properties again."""
    asked = {"council": council}
    old = [row.old_group for row in await session.all(upserts.OLD_GROUPS)]
    await session.execute(projection.FORGET_LOADED, asked)
    await session.execute(projection.MAKE_LOADED, {**asked, "names": codelists.classifications_json()})
    await session.execute(projection.GROUP_LOADED, asked)
    if old:
        await session.execute(projection.DROP_GROUPS, {**asked, "groups": old})


async def _announce(session: Session, council: str) -> None:
    """One event for each touched property, written by PostgreSQL: 100,000 in a second or so."""
    base = ids.new().hex[:-9]
    shown = ids.show(UUID(hex=base + "0" * 9))[:-7]
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    named = {
        "council": council,
        "id_hex": base,
        "id_text": shown,
        "time": now,
        "created_subject": PropertyCreated.nats_subject(council),
        "changed_subject": PropertyChanged.nats_subject(council),
    }
    await session.execute(upserts.EVENTS, named)


async def _record(session: Session, file: File, outcome: Outcome, staged: int) -> None:
    counts = {"created": outcome.created, "changed": outcome.changed, "unchanged": outcome.unchanged}
    await session.execute(
        upserts.NEXT_EDITION, {"council": file.council, "today": file.today, "created": outcome.created}
    )
    await session.execute(
        upserts.RECORD,
        {
            "council": file.council,
            "id": outcome.load,
            "file": file.path.name[:200],
            "sha256": file.facts.sha256,
            "rows": staged,
            **counts,
        },
    )
