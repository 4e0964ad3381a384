"""What was posted for the days of a close, read across the ledger, payments and funds."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Date, Text

from chassis.database import ReadSession

# Each posting with the VAT code of its line: that of the line's own VAT, else the one the line was taken
# with, else the fund's. A refund's lines are those of its payment.
_POSTED = """
    WITH posted AS (
        SELECT t.id, t.cause, t.taken_on, t.method, p.n, p.line, p.amount, p.reference, a.role, a.fund, a.code
        FROM ledger_transaction t
        JOIN posting p ON p.council = t.council AND p.transaction = t.id
        JOIN ledger_account a ON a.council = p.council AND a.id = p.account
        WHERE t.council = :council AND t.mode = :mode AND t.taken_on BETWEEN :first AND :day
    ), vat AS (
        SELECT id, line, sum(amount) AS amount, min(code) AS code FROM posted WHERE role = 'vat'
        GROUP BY id, line
    ), lines AS (
        SELECT x.*, coalesce(l.vat_code, k.vat_code) AS line_vat_code,
            coalesce(l.narrative, k.narrative) AS narrative
        FROM posted x
        LEFT JOIN refund r ON r.council = :council AND r.id = x.cause
        LEFT JOIN payment_line l ON l.council = :council AND l.payment = coalesce(r.payment, x.cause)
            AND l.n = x.line
        LEFT JOIN counter_line k ON k.council = :council AND k.receipt = x.cause AND k.n = x.line
    )"""
_DAYS = (bindparam("first", type_=Date), bindparam("day", type_=Date))
_SUMS = text(f"""{_POSTED}
    SELECT x.role, CASE WHEN x.role = 'fund' THEN x.code ELSE '' END AS code,
        coalesce(c.code, '') AS vat_code, x.method, sum(x.amount)::bigint AS amount
    FROM lines x
    LEFT JOIN vat v ON v.id = x.id AND v.line = x.line AND x.role = 'fund'
    LEFT JOIN fund f ON f.council = :council AND f.id = x.fund AND x.role = 'fund'
    LEFT JOIN vat_code c ON c.council = :council AND c.id = CASE
        WHEN x.role = 'vat' THEN CAST(x.code AS uuid)
        WHEN x.role = 'fund' THEN coalesce(CAST(v.code AS uuid), x.line_vat_code, f.vat_code) END
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4""").bindparams(*_DAYS)  # noqa: S608
_FUNDS = text(f"""{_POSTED}
    SELECT x.fund, f.code, f.kind, count(*) AS lines,
        sum(-x.amount - coalesce(v.amount, 0))::bigint AS total
    FROM lines x
    JOIN fund f ON f.council = :council AND f.id = x.fund
    LEFT JOIN vat v ON v.id = x.id AND v.line = x.line
    WHERE x.role = 'fund' GROUP BY x.fund, f.code, f.kind ORDER BY f.code, x.fund""").bindparams(*_DAYS)  # noqa: S608
_ROLES = text("""
    SELECT a.role, sum(p.amount)::bigint AS amount FROM ledger_transaction t
    JOIN posting p ON p.council = t.council AND p.transaction = t.id
    JOIN ledger_account a ON a.council = p.council AND a.id = p.account
    WHERE t.council = :council AND t.mode = :mode AND t.taken_on BETWEEN :first AND :day
    GROUP BY a.role""").bindparams(*_DAYS)
_SUSPENSE = text("""
    SELECT min(t.taken_on) AS since, sum(p.amount)::bigint AS amount FROM ledger_account a
    JOIN posting p ON p.council = a.council AND p.account = a.id
    JOIN ledger_transaction t ON t.council = p.council AND t.id = p.transaction
    WHERE a.council = :council AND a.mode = :mode AND a.role = 'suspense' AND t.taken_on <= :day
    GROUP BY a.id HAVING sum(p.amount) <> 0""").bindparams(_DAYS[1])
_OPEN = text("""
    SELECT 'taken-not-captured' AS kind, count(*) AS items,
        coalesce(sum(amount + surcharge), 0)::bigint AS amount
    FROM payment WHERE council = :council AND mode = :mode AND status = 'capturing'
    UNION ALL
    SELECT kind, count(*), coalesce(sum(amount), 0)::bigint FROM reconciliation_exception
    WHERE council = :council AND mode = :mode AND closed_at IS NULL
    GROUP BY kind""")
_BY_METHOD = text("""
    SELECT t.method, -sum(p.amount)::bigint AS amount FROM ledger_transaction t
    JOIN posting p ON p.council = t.council AND p.transaction = t.id
    JOIN ledger_account a ON a.council = p.council AND a.id = p.account
    WHERE t.council = :council AND t.mode = :mode AND t.taken_on BETWEEN :first AND :day
        AND a.role = ANY(:roles)
    GROUP BY t.method ORDER BY t.method""").bindparams(*_DAYS, bindparam("roles", type_=ARRAY(Text)))


async def sum_journal(
    session: ReadSession, council: str, mode: str, first: date, day: date
) -> Sequence[Row[Any]]:
    """Sum postings by account, VAT code and method."""
    return await session.all(_SUMS, _params(council, mode, first, day))


async def sum_funds(
    session: ReadSession, council: str, mode: str, first: date, day: date
) -> Sequence[Row[Any]]:
    """Count and sum the lines of each fund, gross."""
    return await session.all(_FUNDS, _params(council, mode, first, day))


async def sum_roles(session: ReadSession, council: str, mode: str, first: date, day: date) -> dict[str, int]:
    """Sum postings by what their accounts are for."""
    rows = await session.all(_ROLES, _params(council, mode, first, day))
    return {row.role: row.amount for row in rows}


async def sum_methods(
    session: ReadSession, council: str, mode: str, first: date, day: date, roles: Sequence[str]
) -> dict[str, int]:
    """Sum what was posted to accounts of these roles, credits positive, by method of payment."""
    rows = await session.all(_BY_METHOD, {**_params(council, mode, first, day), "roles": list(roles)})
    return {row.method: row.amount for row in rows if row.amount}


async def list_suspense(session: ReadSession, council: str, mode: str, day: date) -> Sequence[Row[Any]]:
    """List what was in suspense at the end of a day: since when, and how much (credits negative)."""
    return await session.all(_SUSPENSE, {"council": council, "mode": mode, "day": day})


async def count_open(session: ReadSession, council: str, mode: str) -> Sequence[Row[Any]]:
    """Count what stands open: payments taken and not captured, and exceptions by kind."""
    return await session.all(_OPEN, {"council": council, "mode": mode})


def _params(council: str, mode: str, first: date, day: date) -> dict[str, Any]:
    return {"council": council, "mode": mode, "first": first, "day": day}
