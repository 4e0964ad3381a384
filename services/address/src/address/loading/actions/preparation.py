"""Make a staged supply fit to be applied: one record a key, this council's only, ends included."""

from typing import Any

from address.gazetteer_files.actions.volumes import Supply
from address.loading.actions.outcome import Outcome
from address.loading.store import supply_staging
from chassis.database import Session

_FEW, _SHARE = 10, 0.05  # properties that a full supply may retire without being asked to


class TooManyRetiredError(Exception):
    """A full supply lacks so many properties that it is more likely to be wrong than they to be gone."""

    def __init__(self, absent: int, standing: int) -> None:
        super().__init__(
            f"the file is a full supply and lacks {absent:,} of the {standing:,} properties that stand;"
            " to retire them repeat the command with --yes"
        )
        self.absent = absent


async def prepare(
    session: Session,
    made: Supply,
    asked: dict[str, Any],
    outcome: Outcome,
    *,
    fresh: bool,
    retire_many: bool,
) -> None:
    """Also notes what the file holds. Raises TooManyRetiredError.

    When all is new, several records of one key are not looked for: the tables refuse them, and
    ``supersede`` is for then.
    """
    outcome.notes["format"] = made.header.layout.name
    outcome.notes["supply"] = "full" if made.header.full else "change-only"
    outcome.notes["records"] = await _counted(session)
    outcome.notes["other_schemes"] = await session.execute(supply_staging.OTHER_SCHEMES)
    if made.header.layout.in_one:
        for statement in supply_staging.IN_ONE:
            await session.execute(statement)
    outcome.notes["without_postcode"] = await _leave_unfindable(session, made, asked)
    outcome.notes["superseded"] = await supersede(session, only_hidden=fresh and not _ends(outcome))
    outcome.notes["elsewhere"] = await _leave_elsewhere(session, made, asked)
    if not made.header.full:
        outcome.notes["unexpected"] = await _unexpected(session, asked)
    if made.header.full and not fresh:
        await _end_absent(session, asked, retire_many=retire_many)


async def _counted(session: Session) -> dict[str, dict[str, int]]:
    """Record type, kind of change, how many."""
    counted: dict[str, dict[str, int]] = {}
    for row in await session.all(supply_staging.COUNTED):
        counted.setdefault(row.record, {})[row.change] = row.rows
    return counted


def _ends(outcome: Outcome) -> bool:
    return any("D" in kinds for kinds in outcome.notes["records"].values())


async def _unexpected(session: Session, asked: dict[str, Any]) -> dict[str, int]:
    """How often a change did not find what it was made for; it is applied all the same."""
    found = await session.first(supply_staging.UNEXPECTED, asked)
    assert found is not None  # noqa: S101 - an aggregate always answers a row
    return dict(found._mapping)  # noqa: SLF001


async def supersede(session: Session, *, only_hidden: bool = False) -> int:
    """Of several records with one key leave the last; ``only_hidden``: of those no table would refuse."""
    gone = 0
    for twice, last in supply_staging.HIDDEN if only_hidden else supply_staging.SUPERSEDED:
        if await session.scalar(twice):
            gone += await session.execute(last)
    return gone


async def _leave_unfindable(session: Session, made: Supply, asked: dict[str, Any]) -> int:
    """Leave properties without a postcode out: fields, ponds and the like in a council's own export."""
    if not made.header.layout.in_one:
        return 0
    gone = await session.execute(supply_staging.WITHOUT_POSTCODE, asked)
    for statement in supply_staging.CHILDREN_LEFT_OUT if gone else ():
        await session.execute(statement, asked)
    return gone


async def _leave_elsewhere(session: Session, made: Supply, asked: dict[str, Any]) -> int:
    """Leave other councils' rows out, when we know our own by a code and the file may hold others'."""
    own = asked["custodian"]
    if own is None:
        return 0
    gone = await session.execute(supply_staging.ELSEWHERE, asked)
    if gone or made.header.custodian != own:
        for statement in (*supply_staging.CHILDREN_ELSEWHERE, *supply_staging.STREETS_ELSEWHERE):
            gone += await session.execute(statement, asked)
    return gone


async def _end_absent(session: Session, asked: dict[str, Any], *, retire_many: bool) -> None:
    await session.execute(supply_staging.ABSENT_PROPERTIES, asked)
    found = await session.first(supply_staging.RETIRING, asked)
    assert found is not None  # noqa: S101 - a query of two numbers always answers a row
    if not retire_many and found.absent > max(_FEW, found.standing * _SHARE):
        raise TooManyRetiredError(found.absent, found.standing)
    for statement in supply_staging.ABSENT:
        await session.execute(statement, asked)
