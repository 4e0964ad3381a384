"""Load AddressBase Premium or a DTF export: all of it or nothing, in one transaction.

Of several records with one key the last in PRO_ORDER counts. I and U alike say how a record is from now on,
known before or not: nothing is lost by either, and the counts tell them apart. D ends a property (it
becomes historic, keeps its last addresses and is never used again), closes a street, and removes any other
record. A full supply is the whole gazetteer: what it does not hold is ended as if by D, but for provisional
properties and for streets entered after its day; when that would retire more than 5% of the properties it is
refused unless the caller says that it is meant.
"""

import asyncio
import io
from collections.abc import Sequence
from typing import Any

from sqlalchemy import TextClause

from address.actions import volumes
from address.actions.loads import begin
from address.actions.outcome import MOST_REJECTS, File, Outcome, Progress, named
from address.actions.telling import announce, project, record
from address.actions.volumes import Supply
from address.rules import lifecycle
from address.rules.layouts import METADATA, Layout
from address.rules.records import Read
from address.rules.rows import Reject
from address.store import checks, codelists, comparing, loading, staging, supply, upserts
from chassis.database import Session

_BATCH = 8_000  # lines of one COPY
_FEW, _SHARE = 10, 0.05  # properties that a full supply may retire without being asked to


class TooManyRetiredError(Exception):
    """A full supply lacks so many properties that it is more likely to be wrong than they to be gone."""

    def __init__(self, absent: int, standing: int) -> None:
        super().__init__(
            f"the file is a full supply and lacks {absent:,} of the {standing:,} properties that stand;"
            " to retire them repeat the command with --yes"
        )
        self.absent = absent


async def load(session: Session, file: File, progress: Progress) -> Outcome:
    """Load the volumes. Raises CorruptFileError and TooManyRetiredError; the caller rolls back then, and
    when there are rejects."""
    made = volumes.supply(file.sources, file.facts.lines)
    await begin(session, file.council)
    for statement in staging.CREATE:
        await session.execute(statement)
    outcome = Outcome.begun()
    staged = await _Stage(session, made, outcome, progress).run()
    if outcome.rejects:
        return outcome
    asked = {**named(file, outcome), "day": made.header.day, "deepest": lifecycle.DEEPEST}
    fresh = bool(await session.scalar(loading.EMPTY, asked))
    progress("checking", staged)
    await _prepare(session, made, asked, outcome, fresh=fresh, retire_many=file.retire_many)
    await _check(
        session, [*([] if fresh else [checks.RETIRED]), checks.WITHIN_ITSELF, *checks.CLASSES], asked, outcome
    )
    if not outcome.rejects:
        progress("writing", staged)
        await _apply(session, asked, fresh=fresh)
        if made.header.layout.in_one and not fresh:
            await session.execute(supply.POSTCODES, asked)
        await _check(session, checks.WRITTEN, asked, outcome)
        await _check(session, [] if outcome.rejects else [checks.TOO_DEEP], asked, outcome)
    if outcome.rejects:
        return outcome
    await _tell(session, file, asked, outcome, progress, staged, fresh=fresh)
    return outcome


class _Stage:
    """Copies the records into their tables, while the next ones are read."""

    def __init__(self, session: Session, made: Supply, outcome: Outcome, progress: Progress) -> None:
        self._session = session
        self._made = made
        self._outcome = outcome
        self._progress = progress
        self._waiting: dict[str, list[str]] = {kind: [] for kind in made.header.layout.records}
        self._copy: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """Answers how many lines were read."""
        connection = await self._session.connection.get_raw_connection()
        self._driver: Any = connection.driver_connection
        blocks = volumes.read(self._made)
        count = 0
        try:
            while (block := await asyncio.to_thread(next, blocks, None)) is not None:
                count += block.lines
                self._note(block)
                for kind, rows in block.rows.items():
                    self._waiting[kind] += rows
                    if len(self._waiting[kind]) >= _BATCH:
                        await self._send(kind)
                self._progress("reading", count)
            for kind in self._waiting:
                await self._send(kind)
        finally:
            if self._copy is not None:
                await self._copy
        return count

    def _note(self, block: Read) -> None:
        room = MOST_REJECTS - len(self._outcome.rejects)
        self._outcome.rejects += block.rejects[: max(0, room)]
        left_out = self._outcome.notes.setdefault("read_over", {})
        for kind, rows in block.read_over.items():
            left_out[kind] = left_out.get(kind, 0) + rows
        for _, values in block.special:
            if values[0].strip() == METADATA:
                left_out[METADATA] = left_out.get(METADATA, 0) + 1

    async def _send(self, kind: str) -> None:
        rows, self._waiting[kind] = self._waiting[kind], []
        if self._copy is not None:
            await self._copy
        self._copy = None
        if rows and not self._outcome.rejects:
            self._copy = asyncio.create_task(self._copied(self._made.header.layout, kind, rows))

    async def _copied(self, layout: Layout, kind: str, rows: list[str]) -> None:
        await self._driver.copy_to_table(
            staging.TABLES[kind],
            source=io.BytesIO("".join(rows).encode()),
            columns=staging.copied(layout, kind),
            format="csv",
            force_null=staging.force_null(layout, kind),
        )


async def _prepare(
    session: Session,
    made: Supply,
    asked: dict[str, Any],
    outcome: Outcome,
    *,
    fresh: bool,
    retire_many: bool,
) -> None:
    """Make what is staged fit to be applied: one record a key, this council's only, ends included."""
    outcome.notes["format"] = made.header.layout.name
    outcome.notes["supply"] = "full" if made.header.full else "change-only"
    counted: dict[str, dict[str, int]] = {}
    for row in await session.all(staging.COUNTED):
        counted.setdefault(row.record, {})[row.change] = row.rows
    outcome.notes["records"] = counted
    outcome.notes["other_schemes"] = await session.execute(staging.OTHER_SCHEMES)
    if made.header.layout.in_one:
        for statement in staging.IN_ONE:
            await session.execute(statement)
    outcome.notes["superseded"] = await _supersede(session)
    outcome.notes["elsewhere"] = await _leave_elsewhere(session, made, asked)
    if not made.header.full:
        outcome.notes["unexpected"] = await _unexpected(session, asked)
    if made.header.full and not fresh:
        await _end_absent(session, asked, retire_many=retire_many)


async def _unexpected(session: Session, asked: dict[str, Any]) -> dict[str, int]:
    """How often a change did not find what it was made for; it is applied all the same."""
    found = await session.first(staging.UNEXPECTED, asked)
    assert found is not None  # noqa: S101 - an aggregate always answers a row
    return dict(found._mapping)  # noqa: SLF001


async def _supersede(session: Session) -> int:
    gone = 0
    for twice, last in staging.SUPERSEDED:
        if await session.scalar(twice):
            gone += await session.execute(last)
    return gone


async def _leave_elsewhere(session: Session, made: Supply, asked: dict[str, Any]) -> int:
    """Leave other councils' rows out, when we know our own by a code and the file may hold others'."""
    own = asked["custodian"]
    if own is None:
        return 0
    gone = await session.execute(staging.ELSEWHERE, asked)
    if gone or made.header.custodian != own:
        for statement in (*staging.CHILDREN_ELSEWHERE, *staging.STREETS_ELSEWHERE):
            gone += await session.execute(statement, asked)
    return gone


async def _end_absent(session: Session, asked: dict[str, Any], *, retire_many: bool) -> None:
    await session.execute(staging.ABSENT_PROPERTIES, asked)
    found = await session.first(staging.RETIRING, asked)
    assert found is not None  # noqa: S101 - a query of two numbers always answers a row
    if not retire_many and found.absent > max(_FEW, found.standing * _SHARE):
        raise TooManyRetiredError(found.absent, found.standing)
    for statement in staging.ABSENT:
        await session.execute(statement, asked)


async def _check(
    session: Session, statements: Sequence[TextClause], asked: dict[str, Any], outcome: Outcome
) -> None:
    known = {**asked, "codes": list(codelists.classifications())}
    for statement in statements:
        room = MOST_REJECTS - len(outcome.rejects)
        found = await session.all(statement, known)
        outcome.rejects += [Reject(row.line, row.name, row.value, row.reason) for row in found[:room]]


async def _apply(session: Session, asked: dict[str, Any], *, fresh: bool) -> None:
    await session.scalar(upserts.GAZETTEER, asked)
    for statement in (comparing.NEW, *comparing.WAS_STREETS["records"]):
        await session.execute(statement, asked)
    for statement in supply.FRESH if fresh else supply.APPLY:
        await session.execute(statement, asked)


async def _tell(
    session: Session,
    file: File,
    asked: dict[str, Any],
    outcome: Outcome,
    progress: Progress,
    staged: int,
    *,
    fresh: bool,
) -> None:
    """The read model, history and events of what was applied."""
    if not fresh:
        for statement in (comparing.CHANGED, comparing.NEXT_VERSION, *comparing.WAS):
            await session.execute(statement, asked)
    await session.execute(comparing.NEW_STREETS["records"], asked)
    progress("indexing", staged)
    await project(session, file.council, fresh=fresh)
    if not fresh:
        await session.execute(comparing.COMPARE, asked)
        await session.execute(comparing.FORGET_EQUAL)
    counts = await session.first(comparing.COUNTS)
    assert counts is not None  # noqa: S101 - an aggregate always answers a row
    outcome.created, outcome.changed, outcome.retired = counts.created, counts.changed, counts.retired
    given = outcome.notes["records"].get("21", {})
    outcome.unchanged = max(0, sum(given.values()) - counts.created - counts.changed - counts.retired)
    progress("announcing", staged)
    await announce(session, asked)
    await record(session, file, outcome, staged, keys=0)
