"""Prepare a staged supply: one record for each key, only this council's, deletions included."""

from typing import Any

from address.gazetteer_files.actions.volumes import Supply
from address.loading.actions.outcome import LoadOutcome
from address.loading.store import staged_supply
from chassis.database import Session

_MAX_ABSENT, _MAX_ABSENT_SHARE = 10, 0.05  # properties that a full supply may retire without confirmation


class TooManyRetiredError(Exception):
    """A full supply lacks so many properties that it is probably wrong."""

    def __init__(self, absent: int, standing: int) -> None:
        super().__init__(
            f"the file is a full supply and lacks {absent:,} of the {standing:,} properties that stand;"
            " to retire them repeat the command with --yes"
        )
        self.absent = absent


async def prepare(
    session: Session,
    supply: Supply,
    params: dict[str, Any],
    outcome: LoadOutcome,
    *,
    fresh: bool,
    retire_many: bool,
) -> None:
    """Prepare the staged records and note what the file holds. Raise TooManyRetiredError.

    In a fresh gazetteer several records of one key are not looked for: the tables refuse them, and the caller
    then runs ``supersede``.
    """
    outcome.notes["format"] = supply.header.layout.name
    outcome.notes["supply"] = "full" if supply.header.full else "change-only"
    outcome.notes["records"] = await _count_records(session)
    outcome.notes["other_schemes"] = await session.execute(staged_supply.DELETE_OTHER_SCHEMES)
    if supply.header.layout.in_one:
        for statement in staged_supply.SPLIT_BLPUS:
            await session.execute(statement)
    outcome.notes["without_postcode"] = await _drop_without_postcode(session, supply, params)
    outcome.notes["superseded"] = await supersede(session, only_hidden=fresh and not _has_deletions(outcome))
    outcome.notes["elsewhere"] = await _drop_other_councils(session, supply, params)
    if not supply.header.full:
        outcome.notes["unexpected"] = await _count_unexpected(session, params)
    if supply.header.full and not fresh:
        await _retire_absent(session, params, retire_many=retire_many)


async def _count_records(session: Session) -> dict[str, dict[str, int]]:
    """Count records by record type and kind of change."""
    counted: dict[str, dict[str, int]] = {}
    for row in await session.all(staged_supply.COUNT_RECORDS):
        counted.setdefault(row.record, {})[row.change] = row.rows
    return counted


def _has_deletions(outcome: LoadOutcome) -> bool:
    return any("D" in kinds for kinds in outcome.notes["records"].values())


async def _count_unexpected(session: Session, params: dict[str, Any]) -> dict[str, int]:
    """Count changes whose record was not as their kind says. They are applied all the same."""
    counts = await session.first(staged_supply.COUNT_UNEXPECTED, params)
    assert counts is not None  # noqa: S101 - an aggregate always answers a row
    return dict(counts._mapping)  # noqa: SLF001


async def supersede(session: Session, *, only_hidden: bool = False) -> int:
    """Delete all but the last record of each key. ``only_hidden``: only those that no table would refuse."""
    deleted = 0
    for twice, last in staged_supply.DEDUPLICATE_REFERENCES if only_hidden else staged_supply.DEDUPLICATE:
        if await session.scalar(twice):
            deleted += await session.execute(last)
    return deleted


async def _drop_without_postcode(session: Session, supply: Supply, params: dict[str, Any]) -> int:
    """Drop properties without a postcode: fields, ponds and the like in a council's own export."""
    if not supply.header.layout.in_one:
        return 0
    deleted = await session.execute(staged_supply.DELETE_WITHOUT_POSTCODE, params)
    for statement in staged_supply.DELETE_RECORDS_LEFT_OUT if deleted else ():
        await session.execute(statement, params)
    return deleted


async def _drop_other_councils(session: Session, supply: Supply, params: dict[str, Any]) -> int:
    """Drop other councils' records, if this council's custodian code is known."""
    custodian = params["custodian"]
    if custodian is None:
        return 0
    deleted = await session.execute(staged_supply.DELETE_OTHER_COUNCILS, params)
    if deleted or supply.header.custodian != custodian:
        for statement in (*staged_supply.DELETE_RECORDS_ELSEWHERE, *staged_supply.DELETE_STREETS_ELSEWHERE):
            deleted += await session.execute(statement, params)
    return deleted


async def _retire_absent(session: Session, params: dict[str, Any], *, retire_many: bool) -> None:
    await session.execute(staged_supply.DELETE_ABSENT_PROPERTIES, params)
    counts = await session.first(staged_supply.COUNT_RETIRING, params)
    assert counts is not None  # noqa: S101 - a query of two numbers always answers a row
    if not retire_many and counts.absent > max(_MAX_ABSENT, counts.standing * _MAX_ABSENT_SHARE):
        raise TooManyRetiredError(counts.absent, counts.standing)
    for statement in staged_supply.DELETE_ABSENT_RECORDS:
        await session.execute(statement, params)
