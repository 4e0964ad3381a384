"""Erase the words and names of staff in requests."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Date
from sqlalchemy.types import Uuid as UuidType

from chassis.database import Session

# The requests about payments, and those to take back their journals.
_ERASE_BY_PAYMENT = text("""WITH journals AS (SELECT id FROM office_request
        WHERE council = :council AND subject = ANY(:ids) AND kind = 'journal'),
    erased AS (UPDATE office_request SET note = '', answer = ''
        WHERE council = :council AND (subject = ANY(:ids) OR subject IN (SELECT id FROM journals))
        AND (note <> '' OR answer <> ''))
    SELECT id FROM journals""").bindparams(bindparam("ids", type_=ARRAY(UuidType)))
# What belongs to a payment is erased with it, which may be held: its names come after.
_ERASE_OLD = text("""WITH old AS (SELECT r.council, r.id,
            CASE r.kind WHEN 'journal' THEN r.id WHEN 'undo' THEN r.subject END AS journal
        FROM office_request r LEFT JOIN office_request j
            ON r.kind = 'undo' AND j.council = r.council AND j.id = r.subject
        WHERE r.council = :council AND r.requested_at < CAST(:last_day AS date) + 1
        AND (r.note <> '' OR r.answer <> '' OR r.requested_by_name <> '' OR r.checked_by_name <> '')
        AND NOT EXISTS (SELECT FROM payment p WHERE p.council = r.council
            AND p.id = coalesce(j.subject, r.subject) AND p.erase_on IS NOT NULL)
        LIMIT :most),
    erased AS (UPDATE office_request r
        SET note = '', answer = '', requested_by_name = '', checked_by_name = ''
        FROM old WHERE r.council = old.council AND r.id = old.id)
    SELECT journal AS id FROM old""").bindparams(bindparam("last_day", type_=Date))


async def erase_by_payment(session: Session, council: str, payments: Sequence[UUID]) -> Sequence[UUID]:
    """Erase what staff wrote in requests about these payments; return the journals among them."""
    values = {"council": council, "ids": list(payments)}
    return [row.id for row in await session.all(_ERASE_BY_PAYMENT, values)]


async def erase_old(session: Session, council: str, last_day: date, most: int) -> Sequence[UUID | None]:
    """Erase words and names of requests up to a day; return for each its journal, if it is of one."""
    values = {"council": council, "last_day": last_day, "most": most}
    return [row.id for row in await session.all(_ERASE_OLD, values)]
