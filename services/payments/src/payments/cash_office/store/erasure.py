"""Erase what is personal of counter takings: payers of cheques, what services sent along, words of staff."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Date
from sqlalchemy.types import Uuid as UuidType

from chassis.database import Session

_IDS = bindparam("ids", type_=ARRAY(UuidType))
_DAY = bindparam("last_day", type_=Date)
_LOCK_DUE = text("""SELECT id, taken_on FROM counter_receipt
    WHERE council = :council AND erase_on <= :last_day ORDER BY erase_on, id
    LIMIT :most FOR UPDATE""").bindparams(_DAY)
_DELETE_CHEQUES = text("DELETE FROM cheque WHERE council = :council AND receipt = ANY(:ids)").bindparams(_IDS)
_ERASE = text("""UPDATE counter_receipt SET metadata = '{}', erase_on = ends.following
    FROM unnest(CAST(:ids AS uuid[]), CAST(:ends AS date[])) AS ends (id, following)
    WHERE counter_receipt.council = :council AND counter_receipt.id = ends.id""").bindparams(
    _IDS, bindparam("ends", type_=ARRAY(Date))
)
_ERASE_NARRATIVES = text("""UPDATE counter_line SET narrative = ''
    WHERE council = :council AND receipt = ANY(:ids) AND narrative <> ''""").bindparams(_IDS)
_ERASE_NOTES = text("""UPDATE till SET note = '', is_erased = true WHERE council = :council AND id IN (
    SELECT id FROM till WHERE council = :council AND day <= :last_day AND NOT is_erased
    LIMIT :most FOR UPDATE) RETURNING id""").bindparams(_DAY)
_ERASE_NAMES = text("""UPDATE till SET note = '', opened_by_name = '' WHERE council = :council AND id IN (
    SELECT id FROM till WHERE council = :council AND day <= :last_day AND opened_by_name <> ''
    LIMIT :most FOR UPDATE) RETURNING id""").bindparams(_DAY)


async def lock_due(session: Session, council: str, today: date, most: int) -> Sequence[Row[Any]]:
    """Lock a batch of receipts of which something is to be erased."""
    return await session.all(_LOCK_DUE, {"council": council, "last_day": today, "most": most})


async def erase_payers(session: Session, council: str, ends: Mapping[UUID, date | None]) -> None:
    """Erase the payers of locked receipts; ``ends``: when the words of each one's lines are erased."""
    values = {"council": council, "ids": list(ends)}
    await session.execute(_DELETE_CHEQUES, values)
    await session.execute(_ERASE, {**values, "ends": list(ends.values())})


async def erase_narratives(session: Session, council: str, receipts: Sequence[UUID]) -> None:
    """Erase what the lines of locked receipts say in words."""
    await session.execute(_ERASE_NARRATIVES, {"council": council, "ids": list(receipts)})


async def erase_notes(session: Session, council: str, last_day: date, most: int) -> list[UUID]:
    """Erase what staff wrote about a batch of tills up to a day; return which."""
    values = {"council": council, "last_day": last_day, "most": most}
    return [row.id for row in await session.all(_ERASE_NOTES, values)]


async def erase_names(session: Session, council: str, last_day: date, most: int) -> list[UUID]:
    """Erase whose till it was of a batch of tills up to a day; return which."""
    values = {"council": council, "last_day": last_day, "most": most}
    return [row.id for row in await session.all(_ERASE_NAMES, values)]
