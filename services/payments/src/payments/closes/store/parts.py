"""Files of funds, written part by part, and put together when all their lines are there."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, text
from sqlalchemy.types import Date, LargeBinary
from sqlalchemy.types import Uuid as UuidType

from chassis.database import ReadSession, Session
from payments.closes.tables import export_part

# In the order of an index, from a line on. A closed day takes no posting, so the order stays as it is.
_LINES = text("""
    SELECT t.id, p.n, e.id AS export, coalesce(p.reference, '') AS reference, t.taken_on, t.method,
        coalesce(l.narrative, k.narrative, '') AS narrative,
        (-p.amount - coalesce(v.amount, 0))::bigint AS amount
    FROM ledger_transaction t
    JOIN posting p ON p.council = t.council AND p.transaction = t.id
    JOIN ledger_account a ON a.council = p.council AND a.id = p.account AND a.role = 'fund'
    JOIN export_file e ON e.council = t.council AND e.mode = t.mode AND e.day = :day AND e.fund = a.fund
    LEFT JOIN LATERAL (SELECT sum(q.amount) AS amount FROM posting q
        JOIN ledger_account b ON b.council = q.council AND b.id = q.account AND b.role = 'vat'
        WHERE q.council = t.council AND q.transaction = t.id AND q.line = p.line) v ON true
    LEFT JOIN refund r ON r.council = :successor AND r.id = t.cause
    LEFT JOIN payment_line l ON l.council = :successor AND l.payment = coalesce(r.payment, t.cause)
        AND l.n = p.line
    LEFT JOIN counter_line k ON k.council = :successor AND k.receipt = t.cause AND k.n = p.line
    WHERE t.council = :council AND t.mode = :mode AND t.taken_on BETWEEN :first AND :day
        AND (t.taken_on, t.id) >= (:after_day, :after_id)
        AND (t.taken_on, t.id, p.n) > (:after_day, :after_id, :after_n)
    ORDER BY t.taken_on, t.id, p.n LIMIT :most""").bindparams(
    *(bindparam(name, type_=Date) for name in ("first", "day", "after_day")),
    bindparam("after_id", type_=UuidType),
)
_INSERT = insert(export_part)
_WAITING = text("""SELECT id, lines, total FROM export_file
    WHERE council = :council AND mode = :mode AND day = :day AND hash IS NULL ORDER BY number
    FOR UPDATE""").bindparams(bindparam("day", type_=Date))
# Its parts have the lines and the total that the close counted, or it is not written.
_JOIN = text("""WITH parts AS (
        SELECT coalesce(sum(lines), 0) AS lines, coalesce(sum(total), 0) AS total,
            CAST(:head AS bytea) || coalesce(string_agg(content, ''::bytea ORDER BY n), ''::bytea)
                || CAST(:tail AS bytea) AS content
        FROM export_part WHERE council = :council AND export = :export)
    UPDATE export_file e SET content = parts.content, hash = sha256(parts.content) FROM parts
    WHERE e.council = :council AND e.id = :export AND e.lines = parts.lines AND e.total = parts.total
    """).bindparams(*(bindparam(name, type_=LargeBinary) for name in ("head", "tail")))
_DELETE = text("DELETE FROM export_part WHERE council = :council AND export = :export")


class Position(NamedTuple):
    """The last line that is written: its day, transaction and posting."""

    day: date
    transaction: UUID
    n: int


async def list_lines(
    session: ReadSession, council: str, mode: str, days: tuple[date, date], after: Position, most: int,
    *, successor: str,
) -> Sequence[Row[Any]]:  # fmt: skip
    """List a batch of the lines of a close that belong into files of funds, gross, each with its file.

    ``successor``: who has the payments now, the council itself unless it was merged.
    """
    values = {"council": council, "successor": successor, "mode": mode, "most": most}
    values |= {"first": days[0], "day": days[1]}
    return await session.all(
        _LINES, {**values, "after_day": after.day, "after_id": after.transaction, "after_n": after.n}
    )


async def insert_parts(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the parts of a batch."""
    if rows:
        await session.execute(_INSERT, [dict(row) for row in rows])


async def lock_waiting(session: Session, council: str, mode: str, day: date) -> Sequence[Row[Any]]:
    """Lock the files of a close that are not written."""
    return await session.all(_WAITING, {"council": council, "mode": mode, "day": day})


async def join_parts(session: Session, council: str, export: UUID, head: bytes, tail: bytes) -> bool:
    """Put a file together, and delete its parts; False if they are not the lines that were counted."""
    values = {"council": council, "export": export}
    if not await session.execute(_JOIN, {**values, "head": head, "tail": tail}):
        return False
    await session.execute(_DELETE, values)
    return True
