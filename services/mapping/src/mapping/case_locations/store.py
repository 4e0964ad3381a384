"""Statements of where cases are."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from chassis import clock
from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from mapping.case_locations.tables import case_location

_CASE = case_location.c
_THIS = (_CASE.council == bindparam("p_council"), _CASE.case_id == bindparam("p_case"))
_INSERT = insert(case_location)
_COLUMNS = ("mode", "case_type", "reference", "is_public", "is_told", "lon", "lat", "uprn", "usrn")
# What came before it (it was closed) stays: a dead letter that is replayed comes late.
_OPEN = _INSERT.on_conflict_do_update(
    index_elements=["council", "case_id"],
    set_={
        **{name: _INSERT.excluded[name] for name in (*_COLUMNS, "updated_at")},
        "sequence": func.greatest(_CASE.sequence, _INSERT.excluded.sequence),
    },
    where=_CASE.is_told.is_(False),
)
_MOVE = _INSERT.on_conflict_do_update(
    index_elements=["council", "case_id"],
    set_={name: _INSERT.excluded[name] for name in ("sequence", "closed_at", "updated_at")},
    where=_CASE.sequence < _INSERT.excluded.sequence,
)
_GET = select(case_location).where(*_THIS)
_LOCK = _GET.with_for_update()
_ANSWER = (
    update(case_location)
    .where(*_THIS)
    .values(
        version=_CASE.version + 1,
        lon=None,
        lat=None,
        uprn=None,
        usrn=None,
        easting=bindparam("p_easting"),
        northing=bindparam("p_northing"),
        updated_at=bindparam("p_at"),
    )
    .returning(_CASE.version)
)
_DELETE = delete(case_location).where(*_THIS)
_NEAR = text("""SELECT * FROM (
        SELECT case_id, reference, case_type, sqrt((easting - :x) ^ 2 + (northing - :y) ^ 2) AS distance
        FROM case_location WHERE council = :council AND mode = :mode
        AND closed_at IS NULL AND easting IS NOT NULL
        AND easting BETWEEN :x - :within AND :x + :within
        AND northing BETWEEN :y - :within AND :y + :within) near
    WHERE distance <= :within ORDER BY distance, case_id LIMIT :most""")
# Longer than the streams keep events. A case that is not public is of no more use when it is answered.
_PURGE = delete_batch(
    case_location,
    _CASE.updated_at < bindparam("oldest"),
    _CASE.closed_at.is_not(None) | (_CASE.version > 0) & _CASE.easting.is_(None),
)


async def open_case(session: Session, council: str, case_id: UUID, values: Mapping[str, Any]) -> bool:
    """Write what is told of a new case; False if it was told before."""
    row = {**values, "council": council, "case_id": case_id, "is_told": True, "version": 0}
    row |= {"easting": None, "northing": None, "closed_at": None, "updated_at": clock.now()}
    return await session.execute(_OPEN, row) > 0


async def move_case(session: Session, council: str, case_id: UUID, values: Mapping[str, Any]) -> None:
    """Write that a case is closed (``closed_at``) or open, unless a later event said otherwise."""
    row = {**values, "council": council, "case_id": case_id, "is_told": False, "version": 0}
    row |= dict.fromkeys(("reference", "lon", "lat", "uprn", "usrn", "easting", "northing"))
    await session.execute(_MOVE, {**row, "is_public": False, "updated_at": clock.now()})


async def get_case(session: ReadSession, council: str, case_id: UUID) -> Row[Any] | None:
    """Get what is known of a case."""
    return await session.first(_GET, {"p_council": council, "p_case": case_id})


async def lock_case(session: Session, council: str, case_id: UUID) -> Row[Any] | None:
    """Lock what is known of a case until the transaction ends."""
    return await session.first(_LOCK, {"p_council": council, "p_case": case_id})


async def answer_case(
    session: Session, council: str, case_id: UUID, point: tuple[float, float] | None
) -> int:
    """Write that a locked case is answered, and its point if that is to be shown; return the version."""
    easting, northing = point or (None, None)
    values = {"p_easting": easting, "p_northing": northing, "p_at": clock.now()}
    version: int = await session.scalar(_ANSWER, {"p_council": council, "p_case": case_id, **values})
    return version


async def delete_case(session: Session, council: str, case_id: UUID) -> None:
    """Forget a case."""
    await session.execute(_DELETE, {"p_council": council, "p_case": case_id})


async def list_near(
    session: ReadSession,
    council: str,
    mode: str,
    point: tuple[float, float],
    within: float,
    most: int,
) -> Sequence[Row[Any]]:
    """List open cases within metres of a point of the National Grid, nearest first."""
    params = {"council": council, "mode": mode, "within": within, "most": most}
    return await session.all(_NEAR, {**params, "x": point[0], "y": point[1]})


async def purge(session: Session, oldest: object, most: int) -> int:
    """Delete a batch of cases that are over, or that nobody is shown, since ``oldest``."""
    return await session.execute(_PURGE, {"oldest": oldest, "most": most})
