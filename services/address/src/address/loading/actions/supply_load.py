"""Load AddressBase Premium or a DTF export: all of it or nothing, in one transaction.

Of several records with one key the last in PRO_ORDER counts. I and U alike say how a record is from now on,
known before or not: nothing is lost by either, and the counts tell them apart. D ends a property (it
becomes historic, keeps its last addresses and is never used again), closes a street, and removes any other
record. A full supply is the whole gazetteer: what it does not hold is ended as if by D, but for provisional
properties and for streets entered after its day; when that would retire more than 5% of the properties it is
refused unless the caller says that it is meant.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import TextClause
from sqlalchemy.exc import IntegrityError

from address.gazetteer_files.actions import volumes
from address.gazetteer_files.actions.files import CorruptFileError
from address.gazetteer_files.actions.volumes import Supply
from address.gazetteer_files.rules.csv_rows import Reject
from address.loading.actions.csv_load import begin
from address.loading.actions.outcome import MOST_REJECTS, File, Outcome, Progress, named
from address.loading.actions.preparation import prepare, supersede
from address.loading.actions.publish_load import announce, record
from address.loading.actions.staging import stage
from address.loading.store import (
    comparison,
    csv_staging,
    csv_writes,
    supply_checks,
    supply_staging,
    supply_writes,
)
from address.read_model import actions as read_model
from address.shared import codelists, lifecycle
from chassis.database import Session


async def load(session: Session, file: File, progress: Progress) -> Outcome:
    """Load the volumes. Raises CorruptFileError and TooManyRetiredError; the caller rolls back then, and
    when there are rejects."""
    made = volumes.supply(file.sources, file.facts.lines)
    await begin(session, file.council)
    outcome = Outcome.begun()
    staged = await stage(session, made, outcome, progress)
    if outcome.rejects:
        return outcome
    await _settle(session, made)
    asked = {**named(file, outcome), "day": made.header.day, "deepest": lifecycle.MAX_DEPTH}
    fresh = bool(await session.scalar(csv_staging.EMPTY, asked))
    progress("checking", staged)
    await prepare(session, made, asked, outcome, fresh=fresh, retire_many=file.retire_many)
    await _check(
        session,
        [*([] if fresh else [supply_checks.RETIRED]), supply_checks.WITHIN_ITSELF, *supply_checks.CLASSES],
        asked,
        outcome,
    )
    if not outcome.rejects:
        progress("writing", staged)
        await _apply(session, asked, outcome, fresh=fresh)
        if made.header.layout.in_one and not fresh:
            await session.execute(supply_writes.POSTCODES, asked)
        await _check(session, supply_checks.WRITTEN, asked, outcome)
        await _check(session, [] if outcome.rejects else [supply_checks.TOO_DEEP], asked, outcome)
    if outcome.rejects:
        outcome.rejects.sort(key=lambda reject: reject.line)
        return outcome
    await _tell(session, file, asked, outcome, progress, staged, fresh=fresh)
    return outcome


async def _settle(session: Session, made: Supply) -> None:
    """Raises CorruptFileError when lines are missing that a trailer counts."""
    missing = sum(doubt.missing for doubt in made.doubts)
    if missing and await session.scalar(supply_staging.GAPS) == missing:
        first = made.doubts[0]
        reason = f"the trailer counts {missing} more, and PRO_ORDER has a gap of as many"
        raise CorruptFileError(first.line, reason, first.name)


async def _check(
    session: Session, statements: Sequence[TextClause], asked: dict[str, Any], outcome: Outcome
) -> None:
    known = {**asked, "codes": list(codelists.classifications())}
    for statement in statements:
        room = MOST_REJECTS - len(outcome.rejects)
        found = await session.all(statement, known)
        outcome.rejects += [Reject(row.line, row.name, row.value, row.reason) for row in found[:room]]


async def _apply(session: Session, asked: dict[str, Any], outcome: Outcome, *, fresh: bool) -> None:
    """Write the gazetteer's own tables."""
    await session.scalar(csv_writes.GAZETTEER, asked)
    if not fresh:
        await _written(session, asked, supply_writes.APPLY)
        return
    try:
        async with session.connection.begin_nested():
            await _written(session, asked, supply_writes.FRESH)
    except IntegrityError:
        # Several records have one key, which is rare: all is written again without those that came sooner.
        outcome.notes["superseded"] += await supersede(session)
        await _written(session, asked, supply_writes.FRESH)


async def _written(session: Session, asked: dict[str, Any], statements: Sequence[TextClause]) -> None:
    for statement in (comparison.NEW, *comparison.WAS_STREETS["records"], *statements):
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
        for statement in (comparison.CHANGED, comparison.NEXT_VERSION, *comparison.WAS):
            await session.execute(statement, asked)
    await session.execute(comparison.NEW_STREETS["records"], asked)
    progress("indexing", staged)
    await read_model.rewrite_loaded(session, file.council, fresh=fresh)
    if not fresh:
        await session.execute(comparison.COMPARE, asked)
        await session.execute(comparison.FORGET_EQUAL)
    counts = await session.first(comparison.COUNTS)
    assert counts is not None  # noqa: S101 - an aggregate always answers a row
    outcome.created, outcome.changed, outcome.retired = counts.created, counts.changed, counts.retired
    given = await session.scalar(supply_staging.PROPERTIES)
    outcome.unchanged = max(0, given - counts.created - counts.changed - counts.retired)
    progress("announcing", staged)
    await announce(session, asked)
    await record(session, file, outcome, staged, keys=0)
