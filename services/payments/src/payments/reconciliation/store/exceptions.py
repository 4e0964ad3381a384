"""Exceptions of reconciliation."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Boolean, Date, DateTime, Integer, Text

from chassis import clock, ids
from chassis.database import ReadSession, Session
from chassis.tables import ID
from payments.reconciliation.tables import reconciliation_exception as exception

_UUIDS = ARRAY(ID)
_NOW = bindparam("now", type_=DateTime(timezone=True))
_OPEN = text("""
    INSERT INTO reconciliation_exception (council, mode, opened_at, closed_at, id, kind, settlement, line,
        bank_line, payment, collection, amount)
    SELECT :council, :mode, :now, CASE WHEN is_closed THEN :now END, id, kind, settlement, line, bank_line,
        payment, collection, amount
    FROM unnest(:id, :kind, :settlement, :line, :bank_line, :payment, :collection, :amount, :is_closed)
        AS x (id, kind, settlement, line, bank_line, payment, collection, amount, is_closed)
    ON CONFLICT (council, kind, settlement, line, bank_line, payment, collection)
        DO UPDATE SET closed_at = excluded.closed_at
        WHERE reconciliation_exception.closed_at IS NOT NULL AND excluded.closed_at IS NULL""").bindparams(
    _NOW,
    *(bindparam(name, type_=_UUIDS) for name in ("id", "settlement", "bank_line", "payment", "collection")),
    bindparam("kind", type_=ARRAY(Text)),
    bindparam("line", type_=ARRAY(Integer)),
    bindparam("amount", type_=ARRAY(BigInteger)),
    bindparam("is_closed", type_=ARRAY(Boolean)),
)
_CLOSE = """UPDATE reconciliation_exception SET closed_at = :now
    WHERE council = :council AND closed_at IS NULL AND kind = ANY(:kinds)"""
_KINDS = bindparam("kinds", type_=ARRAY(Text))
_SUBJECTS = bindparam("subjects", type_=_UUIDS)
_CLOSE_SUBJECTS = {
    name: text(f"{_CLOSE} AND {name} = ANY(:subjects) AND line IS NULL").bindparams(_NOW, _KINDS, _SUBJECTS)
    for name in ("payment", "collection")
}
_CLOSE_SETTLEMENTS = text(f"{_CLOSE} AND settlement = ANY(:subjects) AND line IS NULL").bindparams(
    _NOW, _KINDS, _SUBJECTS
)
_CLOSE_LINE = text(f"{_CLOSE} AND settlement = :settlement AND line = :line").bindparams(_NOW, _KINDS)
_TAKE_OFF = text("""UPDATE reconciliation_exception e SET amount = amount - :amount,
        closed_at = CASE WHEN NOT EXISTS (SELECT FROM settlement_line l WHERE l.council = e.council
            AND l.settlement = e.settlement AND l.item = e.settlement AND l.rule IS NULL) THEN :now END
    WHERE council = :council AND settlement = :settlement AND line IS NULL AND kind = 'unknown-id'
        AND closed_at IS NULL""").bindparams(_NOW)
_DAY = bindparam("day", type_=Date)
# Captured until a day and in no payout: not even in one of another currency.
_UNSETTLED = text("""
    SELECT p.id AS payment, p.amount + p.surcharge AS amount, p.captured_at FROM payment p
    WHERE p.council = :council AND p.mode = :mode AND p.settled_on IS NULL AND p.status = 'captured'
        AND p.captured_at < :until AND p.amount + p.surcharge > 0
        AND NOT EXISTS (SELECT FROM settlement_line l WHERE l.council = p.council AND l.payment = p.id)
        AND NOT EXISTS (SELECT FROM reconciliation_exception e WHERE e.council = p.council
            AND e.payment = p.id AND e.kind IN (:kind, 'not-captured') AND e.closed_at IS NULL)
    ORDER BY p.captured_at LIMIT :most""").bindparams(bindparam("until", type_=DateTime(timezone=True)))
# Charged until a day and in no payout.
_UNPAID_OUT = text("""
    SELECT c.id AS collection, c.amount FROM collection c
    WHERE c.council = :council AND c.mode = :mode AND c.state = 'collected' AND c.charge_date < :until
        AND NOT EXISTS (SELECT FROM settlement_line l WHERE l.council = c.council AND l.collection = c.id
            AND l.amount > 0)
        AND NOT EXISTS (SELECT FROM reconciliation_exception e WHERE e.council = c.council
            AND e.collection = c.id AND e.kind IN (:kind, 'not-captured') AND e.line IS NULL
            AND e.closed_at IS NULL)
    ORDER BY c.charge_date, c.id LIMIT :most""").bindparams(bindparam("until", type_=Date))
# What a bank sent back before it was paid out is missing no more.
_CLOSE_RETURNED = text("""UPDATE reconciliation_exception e SET closed_at = :now FROM collection c
    WHERE e.council = :council AND e.mode = :mode AND e.closed_at IS NULL AND e.line IS NULL
        AND c.council = e.council AND c.id = e.collection AND c.state <> 'collected'""").bindparams(_NOW)
_UNSEEN = text("""
    SELECT s.id AS settlement, s.amount FROM settlement s
    WHERE s.council = :council AND s.mode = :mode AND s.arrival_on < :day AND s.currency = 'GBP'
        AND s.amount <> 0 AND NOT s.is_reversed
        AND NOT EXISTS (SELECT FROM bank_line b WHERE b.council = s.council AND b.settlement = s.id)
        AND NOT EXISTS (SELECT FROM reconciliation_exception e WHERE e.council = s.council
            AND e.settlement = s.id AND e.kind IN ('bank-twice', 'bank-missing') AND e.closed_at IS NULL)
    ORDER BY s.arrival_on LIMIT :most""").bindparams(_DAY)
_PAGE = select(exception).where(
    exception.c.council == bindparam("council"),
    exception.c.mode == bindparam("mode"),
    exception.c.id > bindparam("after"),
)


async def open_exceptions(
    session: Session, council: str, mode: str, exceptions: Sequence[Mapping[str, Any]]
) -> None:
    """Write exceptions: kind, amount, and what they are of. One that was closed opens again.

    ``is_closed``: it is over already, as that of a payment which was settled late.
    """
    if not exceptions:
        return
    names = ("settlement", "line", "bank_line", "payment", "collection")
    columns: dict[str, list[Any]] = {name: [item.get(name) for item in exceptions] for name in names}
    columns |= {name: [item[name] for item in exceptions] for name in ("kind", "amount")}
    columns["id"] = [ids.new() for _ in exceptions]
    columns["is_closed"] = [bool(item.get("is_closed")) for item in exceptions]
    await session.execute(_OPEN, {"council": council, "mode": mode, "now": clock.now(), **columns})


async def close_of_subjects(
    session: Session, council: str, name: str, subjects: Sequence[UUID], kinds: Sequence[str]
) -> None:
    """Close the exceptions of payments or collections (``name``) that are no longer missing."""
    params = {"council": council, "kinds": list(kinds), "subjects": list(subjects), "now": clock.now()}
    await session.execute(_CLOSE_SUBJECTS[name], params)


async def close_returned(session: Session, council: str, mode: str) -> None:
    """Close the exceptions of collections that were missing and have come back unpaid."""
    await session.execute(_CLOSE_RETURNED, {"council": council, "mode": mode, "now": clock.now()})


async def take_off(session: Session, council: str, settlement: UUID, amount: int) -> None:
    """Take a line that matches at last off the exception that it shares; the last one closes it."""
    params = {"council": council, "settlement": settlement, "amount": amount, "now": clock.now()}
    await session.execute(_TAKE_OFF, params)


async def close_of_settlements(
    session: Session, council: str, settlements: Sequence[UUID], kinds: Sequence[str]
) -> None:
    """Close the exceptions of payouts."""
    params = {"council": council, "kinds": list(kinds), "subjects": list(settlements), "now": clock.now()}
    await session.execute(_CLOSE_SETTLEMENTS, params)


async def close_of_line(
    session: Session, council: str, settlement: UUID, line: int, kinds: Sequence[str]
) -> None:
    """Close the exceptions of a settlement's line."""
    params = {"council": council, "kinds": list(kinds), "settlement": settlement, "line": line}
    await session.execute(_CLOSE_LINE, {**params, "now": clock.now()})


async def list_unsettled(
    session: ReadSession, council: str, mode: str, until: datetime, kind: str, most: int
) -> Sequence[Row[Any]]:
    """List payments captured before a time, in no payout and without this exception, the oldest first."""
    params = {"council": council, "mode": mode, "until": until, "kind": kind, "most": most}
    return await session.all(_UNSETTLED, params)


async def list_unpaid_out(
    session: ReadSession, council: str, mode: str, until: date, kind: str, most: int
) -> Sequence[Row[Any]]:
    """List collections charged before a day, in no payout and without this exception, the oldest first."""
    params = {"council": council, "mode": mode, "until": until, "kind": kind, "most": most}
    return await session.all(_UNPAID_OUT, params)


async def list_unseen(
    session: ReadSession, council: str, mode: str, day: date, most: int
) -> Sequence[Row[Any]]:
    """List payouts whose arrival was before a day and which no bank line shows, without an exception yet."""
    return await session.all(_UNSEEN, {"council": council, "mode": mode, "day": day, "most": most})


async def list_exceptions(
    session: ReadSession,
    council: str,
    mode: str,
    *,
    kind: str | None,
    is_open: bool | None,
    after: UUID,
    fetch: int,
) -> Sequence[Row[Any]]:
    """List exceptions in the order in which they were opened."""
    statement = _PAGE
    if kind is not None:
        statement = statement.where(exception.c.kind == kind)
    if is_open is not None:
        statement = statement.where(
            exception.c.closed_at.is_(None) if is_open else exception.c.closed_at.is_not(None)
        )
    params = {"council": council, "mode": mode, "after": after}
    return await session.all(statement.order_by(exception.c.id).limit(fetch), params)
