"""Load AddressBase Premium or a DTF export: all or nothing, in one transaction.

Of several records with one key the last in PRO_ORDER counts. I and U both give the new state of a record,
whether it existed or not; only the counts differ. D retires a property (it becomes historic, keeps its last
addresses and its UPRN is never reused), closes a street, and deletes any other record. A full supply is the
whole gazetteer: records it lacks are ended as by D, except provisional properties and streets entered after
its day. If that would retire more than 5% of the properties, the load is refused unless the caller confirms
it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import TextClause
from sqlalchemy.exc import IntegrityError

from address.gazetteer_files.actions import volumes
from address.gazetteer_files.actions.files import CorruptFileError
from address.gazetteer_files.actions.volumes import Supply
from address.gazetteer_files.rules.csv_rows import Reject
from address.loading.actions.csv_load import begin_load
from address.loading.actions.outcome import MAX_REJECTS, LoadFile, LoadOutcome, Progress, load_params
from address.loading.actions.preparation import prepare, supersede
from address.loading.actions.publish_load import publish_changes, record_load
from address.loading.actions.record_copy import stage
from address.loading.store import (
    comparison,
    csv_writes,
    staged_csv,
    staged_supply,
    supply_checks,
    supply_writes,
)
from address.read_model import actions as read_model
from address.shared import codelists, lifecycle
from chassis.database import Session


async def load(session: Session, file: LoadFile, progress: Progress) -> LoadOutcome:
    """Load the volumes. Raise CorruptFileError and TooManyRetiredError. The caller rolls back then, and when
    there are rejects."""
    supply = volumes.open_supply(file.sources, file.facts.lines)
    await begin_load(session, file.council)
    outcome = LoadOutcome.create()
    staged = await stage(session, supply, outcome, progress)
    if outcome.rejects:
        return outcome
    await _check_complete(session, supply)
    params = {**load_params(file, outcome), "day": supply.header.day, "deepest": lifecycle.MAX_DEPTH}
    fresh = bool(await session.scalar(staged_csv.IS_EMPTY, params))
    progress("checking", staged)
    await prepare(session, supply, params, outcome, fresh=fresh, retire_many=file.retire_many)
    await _check(
        session,
        [
            *([] if fresh else [supply_checks.CHECK_RETIRED]),
            supply_checks.CHECK_OWN_PARENT,
            *supply_checks.CHECK_CLASSES,
        ],
        params,
        outcome,
    )
    if not outcome.rejects:
        progress("writing", staged)
        await _write_tables(session, params, outcome, fresh=fresh)
        if supply.header.layout.in_one and not fresh:
            await session.execute(supply_writes.UPDATE_POSTCODES, params)
        await _check(session, supply_checks.CHECK_WRITTEN, params, outcome)
        await _check(session, [] if outcome.rejects else [supply_checks.CHECK_DEPTH], params, outcome)
    if outcome.rejects:
        outcome.rejects.sort(key=lambda reject: reject.line)
        return outcome
    await _publish(session, file, params, outcome, progress, staged, fresh=fresh)
    return outcome


async def _check_complete(session: Session, supply: Supply) -> None:
    """Raise CorruptFileError when lines are missing that a trailer counts."""
    missing = sum(mismatch.missing for mismatch in supply.mismatches)
    if missing and await session.scalar(staged_supply.COUNT_GAPS) == missing:
        first = supply.mismatches[0]
        reason = f"the trailer counts {missing} more, and PRO_ORDER has a gap of as many"
        raise CorruptFileError(first.line, reason, first.name)


async def _check(
    session: Session, statements: Sequence[TextClause], params: dict[str, Any], outcome: LoadOutcome
) -> None:
    check_params = {**params, "codes": list(codelists.classifications())}
    for statement in statements:
        room = MAX_REJECTS - len(outcome.rejects)
        faults = await session.all(statement, check_params)
        outcome.rejects += [Reject(row.line, row.name, row.value, row.reason) for row in faults[:room]]


async def _write_tables(
    session: Session, params: dict[str, Any], outcome: LoadOutcome, *, fresh: bool
) -> None:
    """Write the gazetteer's own tables."""
    await session.scalar(csv_writes.UPSERT_GAZETTEER, params)
    if not fresh:
        await _execute_writes(session, params, supply_writes.WRITE_CHANGES)
        return
    try:
        async with session.connection.begin_nested():
            await _execute_writes(session, params, supply_writes.WRITE_FRESH)
    except IntegrityError:
        # Several records have one key, which is rare: write all again without the earlier ones.
        outcome.notes["superseded"] += await supersede(session)
        await _execute_writes(session, params, supply_writes.WRITE_FRESH)


async def _execute_writes(session: Session, params: dict[str, Any], statements: Sequence[TextClause]) -> None:
    for statement in (comparison.TOUCH_NEW, *comparison.SAVE_STREETS["records"], *statements):
        await session.execute(statement, params)


async def _publish(
    session: Session,
    file: LoadFile,
    params: dict[str, Any],
    outcome: LoadOutcome,
    progress: Progress,
    staged: int,
    *,
    fresh: bool,
) -> None:
    """Write the read model, history and events of what was applied."""
    if not fresh:
        for statement in (
            comparison.TOUCH_CANDIDATES,
            comparison.INCREMENT_VERSIONS,
            *comparison.SAVE_PLACES,
        ):
            await session.execute(statement, params)
    await session.execute(comparison.TOUCH_NEW_STREETS["records"], params)
    progress("indexing", staged)
    await read_model.rewrite_loaded(session, file.council, fresh=fresh)
    if not fresh:
        await session.execute(comparison.COMPARE, params)
        await session.execute(comparison.FORGET_EQUAL)
    counts = await session.first(comparison.COUNT_TOUCHED)
    assert counts is not None  # noqa: S101 - an aggregate always answers a row
    outcome.created, outcome.changed, outcome.retired = counts.created, counts.changed, counts.retired
    properties_in_file = await session.scalar(staged_supply.COUNT_PROPERTIES)
    outcome.unchanged = max(0, properties_in_file - counts.created - counts.changed - counts.retired)
    progress("announcing", staged)
    await publish_changes(session, params)
    await record_load(session, file, outcome, staged, keys=0)
