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

from address.actions import volumes
from address.actions.files import CorruptFileError
from address.actions.loads import begin
from address.actions.outcome import MOST_REJECTS, File, Outcome, Progress, named
from address.actions.preparing import prepare, supersede
from address.actions.staging import stage
from address.actions.telling import announce, project, record
from address.actions.volumes import Supply
from address.rules import lifecycle
from address.rules.rows import Reject
from address.store import checks, codelists, comparing, loading, staging, supply, upserts
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
    asked = {**named(file, outcome), "day": made.header.day, "deepest": lifecycle.DEEPEST}
    fresh = bool(await session.scalar(loading.EMPTY, asked))
    progress("checking", staged)
    await prepare(session, made, asked, outcome, fresh=fresh, retire_many=file.retire_many)
    await _check(
        session, [*([] if fresh else [checks.RETIRED]), checks.WITHIN_ITSELF, *checks.CLASSES], asked, outcome
    )
    if not outcome.rejects:
        progress("writing", staged)
        await _apply(session, asked, outcome, fresh=fresh)
        if made.header.layout.in_one and not fresh:
            await session.execute(supply.POSTCODES, asked)
        await _check(session, checks.WRITTEN, asked, outcome)
        await _check(session, [] if outcome.rejects else [checks.TOO_DEEP], asked, outcome)
    if outcome.rejects:
        outcome.rejects.sort(key=lambda reject: reject.line)
        return outcome
    await _tell(session, file, asked, outcome, progress, staged, fresh=fresh)
    return outcome


async def _settle(session: Session, made: Supply) -> None:
    """Raises CorruptFileError when lines are missing that a trailer counts."""
    missing = sum(doubt.missing for doubt in made.doubts)
    if missing and await session.scalar(staging.GAPS) == missing:
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
    await session.scalar(upserts.GAZETTEER, asked)
    if not fresh:
        await _written(session, asked, supply.APPLY)
        return
    try:
        async with session.connection.begin_nested():
            await _written(session, asked, supply.FRESH)
    except IntegrityError:
        # Several records have one key, which is rare: all is written again without those that came sooner.
        outcome.notes["superseded"] += await supersede(session)
        await _written(session, asked, supply.FRESH)


async def _written(session: Session, asked: dict[str, Any], statements: Sequence[TextClause]) -> None:
    for statement in (comparing.NEW, *comparing.WAS_STREETS["records"], *statements):
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
    given = await session.scalar(staging.PROPERTIES)
    outcome.unchanged = max(0, given - counts.created - counts.changed - counts.retired)
    progress("announcing", staged)
    await announce(session, asked)
    await record(session, file, outcome, staged, keys=0)
