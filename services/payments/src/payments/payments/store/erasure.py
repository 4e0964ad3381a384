"""Erase what is personal of payments: who paid, what services sent along, the narratives of lines."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Date, DateTime
from sqlalchemy.types import Uuid as UuidType

from chassis.database import ReadSession, Session

_IDS = bindparam("ids", type_=ARRAY(UuidType))
_LOCK_DUE = text("""SELECT id, erase_on, erased_at, created_at, status, refunds_blocked FROM payment
    WHERE council = :council AND erase_on <= :today AND (erase_on, id) > (:after_day, :after_id)
    ORDER BY erase_on, id LIMIT :most FOR UPDATE SKIP LOCKED""").bindparams(
    bindparam("today", type_=Date), bindparam("after_day", type_=Date), bindparam("after_id", type_=UuidType)
)
_DELETE_PAYERS = text("DELETE FROM payer WHERE council = :council AND payment = ANY(:ids)").bindparams(_IDS)
_ERASE_PAYMENTS = text("""UPDATE payment SET description = '', metadata = NULL, return_url = NULL,
        three_d_secure = CASE WHEN three_d_secure IS NOT NULL THEN '' END,
        erased_at = :now, erase_on = ends.records_end
    FROM unnest(CAST(:ids AS uuid[]), CAST(:ends AS date[])) AS ends (id, records_end)
    WHERE payment.council = :council AND payment.id = ends.id""").bindparams(
    _IDS, bindparam("ends", type_=ARRAY(Date)), bindparam("now", type_=DateTime(timezone=True))
)
_ERASE_NARRATIVES = text("""UPDATE payment_line SET narrative = ''
    WHERE council = :council AND payment = ANY(:ids) AND narrative <> ''""").bindparams(_IDS)
_END = text("UPDATE payment SET erase_on = NULL WHERE council = :council AND id = ANY(:ids)").bindparams(_IDS)
_COUNCILS = text("""SELECT slug FROM council WHERE EXISTS (SELECT FROM payment
    WHERE payment.council = council.slug AND erase_on <= :today) ORDER BY slug""").bindparams(
    bindparam("today", type_=Date)
)

_ALL_COUNCILS = text("SELECT slug FROM council ORDER BY slug")


async def list_councils(session: ReadSession) -> Sequence[str]:
    """List all councils, those that are no more too: what is personal of theirs is erased as well."""
    return [row.slug for row in await session.all(_ALL_COUNCILS)]


async def list_councils_with_due(session: ReadSession, today: date) -> Sequence[str]:
    """List the councils with payments of which something is to be erased."""
    return [row.slug for row in await session.all(_COUNCILS, {"today": today})]


async def lock_due(
    session: Session, council: str, today: date, after: tuple[date, UUID], most: int
) -> Sequence[Row[Any]]:
    """Lock payments of which something is to be erased, in the order of ``erase_on`` and id.

    One that somebody works on is left out: it is met again at the next look.
    """
    values = {"council": council, "today": today, "after_day": after[0], "after_id": after[1], "most": most}
    return await session.all(_LOCK_DUE, values)


async def erase_payers(session: Session, council: str, ends: Mapping[UUID, date], now: datetime) -> None:
    """Erase the payers of locked payments; ``ends``: when what is left of each is erased."""
    values = {"council": council, "ids": list(ends)}
    await session.execute(_DELETE_PAYERS, values)
    await session.execute(_ERASE_PAYMENTS, {**values, "ends": list(ends.values()), "now": now})


async def erase_narratives(session: Session, council: str, payments: Sequence[UUID]) -> None:
    """Erase what lines of locked payments say in words. Nothing is left to be erased then."""
    values = {"council": council, "ids": list(payments)}
    await session.execute(_ERASE_NARRATIVES, values)
    await session.execute(_END, values)
