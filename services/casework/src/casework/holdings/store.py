"""Statements of holdings."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, Row, Text, bindparam, text

from casework.holdings.tables import holding
from chassis.database import ReadSession, Session

_C = holding.c
_DATES = (bindparam("day", type_=Date), bindparam("until", type_=Date))
# One that ended and is held again begins anew.
_HOLD = text("""
    INSERT INTO holding (council, case_id, holding, kind, number, plate, started_on, until)
    VALUES (:council, :case_id, :holding, :kind, :number, :plate, :day, :until)
    ON CONFLICT (council, case_id, holding) DO UPDATE SET number = excluded.number, plate = excluded.plate,
        until = coalesce(excluded.until, holding.until), ended_on = NULL,
        started_on = CASE WHEN holding.ended_on IS NULL THEN holding.started_on ELSE excluded.started_on END
    """).bindparams(*_DATES, bindparam("case_id", type_=_C.case_id.type))
_END = text("""UPDATE holding SET ended_on = :day
    WHERE council = :council AND case_id = :case_id AND holding = :holding
        AND ended_on IS NULL""").bindparams(_DATES[0], bindparam("case_id", type_=_C.case_id.type))
_ACTIVE = """
    SELECT h.case_id, h.kind, h.number, h.started_on, h.until, c.reference
    FROM holding h JOIN case_record c ON c.council = h.council AND c.id = h.case_id
    WHERE h.council = :council AND c.mode = :mode AND c.restricted IS NULL AND h.ended_on IS NULL
        AND (h.until IS NULL OR h.until >= :today) AND (:kind = '' OR h.kind = :kind) AND {whose}
    ORDER BY h.started_on, h.case_id, h.holding LIMIT :most"""
_TODAY = bindparam("today", type_=Date)
_KIND = bindparam("kind", type_=Text)
_BY_UPRN = text(_ACTIVE.format(whose="c.uprn = :uprn")).bindparams(
    _TODAY, _KIND, bindparam("uprn", type_=BigInteger)
)
_BY_PLATE = text(_ACTIVE.format(whose="h.plate = :plate")).bindparams(_TODAY, _KIND)


async def save_holding(session: Session, council: str, case_id: UUID, values: Mapping[str, Any]) -> None:
    """Write what a case holds. ``values``: holding, kind, number, plate, day, until."""
    await session.execute(_HOLD, {"council": council, "case_id": case_id, **values})


async def end(session: Session, council: str, case_id: UUID, name: str, day: date) -> None:
    """Write that a case no longer holds something, if it did."""
    await session.execute(_END, {"council": council, "case_id": case_id, "holding": name, "day": day})


async def list_by_uprn(
    session: ReadSession, council: str, uprn: int, filters: Mapping[str, Any]
) -> Sequence[Row[Any]]:
    """List what is held at an address. ``filters``: mode, kind, today, most."""
    return await session.all(_BY_UPRN, {"council": council, "uprn": uprn, **filters})


async def list_by_plate(
    session: ReadSession, council: str, plate: str, filters: Mapping[str, Any]
) -> Sequence[Row[Any]]:
    """List what is held for a vehicle. ``filters``: mode, kind, today, most."""
    return await session.all(_BY_PLATE, {"council": council, "plate": plate, **filters})
