"""Holds, and what else keeps a payment from being erased."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import Uuid as UuidType

from chassis.database import ReadSession, Session
from payments.retention.tables import payment_hold

_OWN = (payment_hold.c.council == bindparam("council_")) & (payment_hold.c.payment == bindparam("payment_"))
_FIND = select(payment_hold).where(_OWN)
_DELETE = delete(payment_hold).where(_OWN)
_PLACE = insert(payment_hold)
_REPLACE = _PLACE.on_conflict_do_update(
    index_elements=["council", "payment"],
    set_={name: _PLACE.excluded[name] for name in ("reason", "placed_by", "placed_at")},
)
_OPEN_DISPUTE = """EXISTS (SELECT FROM dispute d WHERE d.council = p.council AND d.payment = p.id
    AND d.state IN ('needs_response', 'under_review'))"""
_UNRECONCILED = """(p.status = 'capturing' OR p.captured_at IS NOT NULL AND p.settled_on IS NULL
    OR EXISTS (SELECT FROM refund r WHERE r.council = p.council AND r.payment = p.id
        AND (r.status = 'submitted' OR r.status = 'success' AND r.settled_on IS NULL))
    OR EXISTS (SELECT FROM reconciliation_exception e WHERE e.council = p.council AND e.payment = p.id
        AND e.closed_at IS NULL))"""
_HOLD = """EXISTS (SELECT FROM payment_hold h WHERE h.council = p.council AND h.payment = p.id)"""
_IDS = [bindparam(name, type_=ARRAY(UuidType)) for name in ("ids", "expired")]
_NEEDED = text(f"""SELECT p.id FROM payment p WHERE p.council = :council AND p.id = ANY(:ids)
    AND ({_HOLD} OR {_OPEN_DISPUTE} OR NOT p.id = ANY(:expired) AND {_UNRECONCILED})""").bindparams(*_IDS)  # noqa: S608


async def list_needed(
    session: Session, council: str, payments: Sequence[UUID], expired: Collection[UUID]
) -> set[UUID]:
    """List which of these locked payments are still needed: held, disputed or not reconciled.

    ``expired``: those whose financial records are no longer kept, reconciled or not.
    """
    values = {"council": council, "ids": list(payments), "expired": list(expired)}
    return {row.id for row in await session.all(_NEEDED, values)}


async def find_hold(session: ReadSession, council: str, payment: UUID) -> Row[Any] | None:
    """Find the hold of a payment."""
    return await session.first(_FIND, {"council_": council, "payment_": payment})


async def replace_hold(session: Session, row: Mapping[str, Any]) -> None:
    """Write the hold of a payment, in place of the one before."""
    await session.execute(_REPLACE, row)


async def delete_hold(session: Session, council: str, payment: UUID) -> bool:
    """Delete the hold of a payment; False if there is none."""
    return await session.execute(_DELETE, {"council_": council, "payment_": payment}) > 0
