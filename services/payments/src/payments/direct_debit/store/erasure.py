"""Erase what is personal of Direct Debits: payers, what services sent along, proof that is not kept."""

from datetime import date

from sqlalchemy import bindparam, text
from sqlalchemy.types import Date

from chassis.database import Session

_DAY = bindparam("last_day", type_=Date)
# A mandate that is over, or that nobody signed. A request that led to no mandate proves nothing.
_ERASE_PAYERS = text("""WITH over AS (SELECT council, id FROM mandate
        WHERE council = :council AND NOT is_erased
        AND state IN ('pending', 'failed', 'cancelled', 'expired')
        AND greatest((coalesce(ended_at, updated_at) AT TIME ZONE 'UTC')::date, last_charged_on) <= :last_day
        LIMIT :most FOR UPDATE),
    payers AS (DELETE FROM mandate_payer p USING over o WHERE p.council = o.council AND p.mandate = o.id)
    UPDATE mandate m SET metadata = NULL, return_url = '', is_erased = true,
        provider_request = CASE WHEN provider_mandate IS NOT NULL THEN provider_request END
    FROM over o WHERE m.council = o.council AND m.id = o.id""").bindparams(_DAY)
_ERASE_PROOF = text("""UPDATE mandate SET reference = '', provider_request = NULL, provider_mandate = NULL
    WHERE council = :council AND id IN (SELECT id FROM mandate WHERE council = :council
        AND proof_retained_until < :last_day AND state IN ('failed', 'cancelled', 'expired')
        AND (reference <> '' OR provider_request IS NOT NULL OR provider_mandate IS NOT NULL)
        LIMIT :most FOR UPDATE)""").bindparams(_DAY)
_ERASE_METADATA = text("""UPDATE collection SET metadata = NULL WHERE council = :council AND id IN (
    SELECT id FROM collection WHERE council = :council AND charge_date <= :last_day AND metadata IS NOT NULL
    LIMIT :most FOR UPDATE)""").bindparams(_DAY)
_ERASE_NARRATIVES = text("""WITH old AS (SELECT council, id FROM collection
        WHERE council = :council AND charge_date <= :last_day AND NOT is_erased
        LIMIT :most FOR UPDATE),
    lines AS (UPDATE collection_line l SET narrative = '' FROM old
        WHERE l.council = old.council AND l.collection = old.id AND l.narrative <> '')
    UPDATE collection c SET is_erased = true FROM old WHERE c.council = old.council AND c.id = old.id
    """).bindparams(_DAY)


async def erase_payers(session: Session, council: str, last_day: date, most: int) -> int:
    """Erase the payers and sign-up data of a batch of mandates that are over; return how many."""
    return await session.execute(_ERASE_PAYERS, {"council": council, "last_day": last_day, "most": most})


async def erase_proof(session: Session, council: str, today: date, most: int) -> int:
    """Erase whose authority a batch of mandates was, and its trace at the provider; return how many."""
    return await session.execute(_ERASE_PROOF, {"council": council, "last_day": today, "most": most})


async def erase_metadata(session: Session, council: str, last_day: date, most: int) -> int:
    """Erase what services sent along with a batch of collections up to a day; return how many."""
    return await session.execute(_ERASE_METADATA, {"council": council, "last_day": last_day, "most": most})


async def erase_narratives(session: Session, council: str, last_day: date, most: int) -> int:
    """Erase the narratives of a batch of collections up to a day; return how many."""
    return await session.execute(_ERASE_NARRATIVES, {"council": council, "last_day": last_day, "most": most})
