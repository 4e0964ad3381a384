"""Settlements and their lines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Integer, Text

from chassis.database import ReadSession, Session
from chassis.tables import ID
from payments.reconciliation.tables import settlement, settlement_line

_COUNCIL = settlement.c.council == bindparam("council")
_FIND = select(settlement).where(
    _COUNCIL,
    or_(settlement.c.account == bindparam("merchant"), settlement.c.service_user == bindparam("merchant")),
    settlement.c.provider_id == bindparam("provider_id"),
)
_GET = select(settlement).where(
    _COUNCIL, settlement.c.mode == bindparam("mode"), settlement.c.id == bindparam("settlement")
)
_PAGE = (
    select(settlement)
    .where(_COUNCIL, settlement.c.mode == bindparam("mode"), settlement.c.id > bindparam("after"))
    .order_by(settlement.c.id)
    .limit(bindparam("fetch"))
)
_INSERT = insert(settlement)
_REVERSE = text("""UPDATE settlement SET is_reversed = true
    WHERE council = :council AND id = :settlement AND NOT is_reversed""")
# Before it all payouts are so old that the processor changes them no more.
_CURSOR = text("""SELECT provider_id FROM settlement
    WHERE council = :council AND account = :account AND paid_at < :before
    ORDER BY paid_at DESC, provider_id DESC LIMIT 1""")
_LAST_PAID = text("""SELECT max(paid_at) FROM settlement
    WHERE council = :council AND service_user = :user AND paid_at < :before""")
_PAYOUTS = text("""SELECT provider_id, id FROM settlement
    WHERE council = :council AND account = :account AND provider_id = ANY(:names)""").bindparams(
    bindparam("names", type_=ARRAY(Text))
)
_INSERT_LINES = text("""
    INSERT INTO settlement_line (council, settlement, n, provider_id, kind, amount, fee, currency,
        authorisation, source, payment, refund, collection, rule, item)
    SELECT :council, :settlement, x.* FROM unnest(:n, :provider_id, :kind, :amount, :fee, :currency,
        :authorisation, :source, :payment, :refund, :collection, :rule, :item) AS x""").bindparams(
    bindparam("settlement", type_=ID),
    bindparam("n", type_=ARRAY(Integer)),
    *(bindparam(name, type_=ARRAY(BigInteger)) for name in ("amount", "fee")),
    *(bindparam(name, type_=ARRAY(ID)) for name in ("payment", "refund", "collection", "item")),
    *(
        bindparam(name, type_=ARRAY(Text))
        for name in ("provider_id", "kind", "currency", "authorisation", "source", "rule")
    ),
)
_LINES = (
    select(settlement_line)
    .where(
        settlement_line.c.council == bindparam("council"),
        settlement_line.c.settlement == bindparam("settlement"),
        settlement_line.c.n > bindparam("after"),
    )
    .order_by(settlement_line.c.n)
    .limit(bindparam("fetch"))
)
_SUBJECTS = bindparam("subjects", type_=ARRAY(ID))
_PAID = text("""SELECT payment AS id FROM settlement_line
    WHERE council = :council AND payment = ANY(:subjects) AND rule = :rule""").bindparams(_SUBJECTS)
_REFUNDED = text("""SELECT refund AS id FROM settlement_line
    WHERE council = :council AND refund = ANY(:subjects) AND rule = :rule""").bindparams(_SUBJECTS)
_COLLECTED = text("""SELECT collection AS id FROM settlement_line
    WHERE council = :council AND collection = ANY(:subjects) AND rule = :rule""").bindparams(_SUBJECTS)
# What did not match although it may later: its payment, refund or capture was not there yet. Lines of other
# integrations have one exception; they are looked at as long as the submission of one of ours may be unclear.
_UNMATCHED = text("""
    WITH open AS MATERIALIZED (
        SELECT e.council, e.settlement, e.line, s.account, s.service_user, s.arrival_on, s.paid_at
        FROM reconciliation_exception e JOIN settlement s ON s.council = e.council AND s.id = e.settlement
        WHERE e.council = :council AND e.mode = :mode AND e.closed_at IS NULL
            AND e.kind IN ('unknown-id', 'not-captured') AND s.currency = 'GBP'
            AND e.settlement >= :after_settlement
    ), lines AS (
        SELECT o.settlement, o.line AS n, o.account, o.service_user, o.arrival_on, o.paid_at FROM open o
        WHERE o.line IS NOT NULL
        UNION ALL
        SELECT o.settlement, l.n, o.account, o.service_user, o.arrival_on, o.paid_at FROM open o
        JOIN settlement_line l ON l.council = o.council AND l.settlement = o.settlement
            AND l.item = l.settlement
        WHERE o.line IS NULL AND o.arrival_on > now() - interval '60 days'
    )
    SELECT l.*, u.account, u.service_user, u.arrival_on, u.paid_at FROM lines u
    JOIN settlement_line l ON l.council = :council AND l.settlement = u.settlement AND l.n = u.n
    WHERE l.rule IS NULL AND l.currency = 'GBP' AND (l.settlement, l.n) > (:after_settlement, :after_line)
    ORDER BY l.settlement, l.n LIMIT :most""")
_MATCH_LINE = text("""UPDATE settlement_line
    SET payment = :payment, refund = :refund, collection = :collection, rule = :rule
    WHERE council = :council AND settlement = :settlement AND n = :n""")


async def find_settlement(
    session: ReadSession, council: str, merchant: UUID, provider_id: str
) -> Row[Any] | None:
    """Find a payout of a gateway account or service user by its id at the processor."""
    return await session.first(_FIND, {"council": council, "merchant": merchant, "provider_id": provider_id})


async def get_settlement(
    session: ReadSession, council: str, mode: str, settlement_id: UUID
) -> Row[Any] | None:
    """Get a settlement of a mode."""
    return await session.first(_GET, {"council": council, "mode": mode, "settlement": settlement_id})


async def list_settlements(
    session: ReadSession, council: str, mode: str, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List settlements in the order in which they were imported."""
    return await session.all(_PAGE, {"council": council, "mode": mode, "after": after, "fetch": fetch})


async def list_lines(
    session: ReadSession, council: str, settlement_id: UUID, after: int, fetch: int
) -> Sequence[Row[Any]]:
    """List the lines of a settlement."""
    params = {"council": council, "settlement": settlement_id, "after": after, "fetch": fetch}
    return await session.all(_LINES, params)


async def insert_settlement(
    session: Session, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]
) -> None:
    """Write a settlement with its lines: two statements."""
    await session.execute(_INSERT, row)
    columns = {name: [line[name] for line in lines] for name in lines[0]} if lines else None
    if columns is not None:
        await session.execute(_INSERT_LINES, {"council": row["council"], "settlement": row["id"], **columns})


async def reverse_settlement(session: Session, council: str, settlement_id: UUID) -> bool:
    """Write that the bank sent a payout back; False if that was known."""
    return await session.execute(_REVERSE, {"council": council, "settlement": settlement_id}) > 0


async def find_cursor(session: ReadSession, council: str, account: UUID, before: Any) -> str | None:
    """Find the newest payout that was made before a time."""
    params = {"council": council, "account": account, "before": before}
    cursor: str | None = await session.scalar(_CURSOR, params)
    return cursor


async def find_last_paid(session: ReadSession, council: str, user: UUID, before: datetime) -> datetime | None:
    """Find when the newest payout of a service user before a time was made."""
    params = {"council": council, "user": user, "before": before}
    moment: datetime | None = await session.scalar(_LAST_PAID, params)
    return moment


async def find_collected(
    session: ReadSession, council: str, collections: Sequence[UUID], rule: str
) -> set[UUID]:
    """Find those of the Direct Debits that a line of a settlement pays or takes back, as the rule says."""
    rows = await session.all(_COLLECTED, {"council": council, "subjects": list(collections), "rule": rule})
    return {row.id for row in rows}


async def find_payouts(
    session: ReadSession, council: str, account: UUID, names: Sequence[str]
) -> dict[str, UUID]:
    """Find payouts by their ids at the processor."""
    rows = await session.all(_PAYOUTS, {"council": council, "account": account, "names": list(names)})
    return {row.provider_id: row.id for row in rows}


async def find_paid(session: ReadSession, council: str, payments: Sequence[UUID], rule: str) -> set[UUID]:
    """Find those of the payments that a line of a settlement pays."""
    rows = await session.all(_PAID, {"council": council, "subjects": list(payments), "rule": rule})
    return {row.id for row in rows}


async def find_refunded(session: ReadSession, council: str, refunds: Sequence[UUID], rule: str) -> set[UUID]:
    """Find those of the refunds that a line of a settlement takes back."""
    rows = await session.all(_REFUNDED, {"council": council, "subjects": list(refunds), "rule": rule})
    return {row.id for row in rows}


async def list_unmatched(
    session: ReadSession, council: str, mode: str, after: tuple[UUID, int], most: int
) -> Sequence[Row[Any]]:
    """List lines that may match later, with their settlements."""
    params = {"council": council, "mode": mode, "most": most}
    return await session.all(_UNMATCHED, {**params, "after_settlement": after[0], "after_line": after[1]})


async def match_line(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """Write what a line matches at last: settlement, n, payment, refund, collection, rule."""
    await session.execute(_MATCH_LINE, {"council": council, **values})
