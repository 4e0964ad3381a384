"""Searches: one statement each, so that the total and the page are of one moment.

A search by state and time goes by the counts of days: it adds them up to the day in which the page begins and
reads on from there. Any other goes by one index, looks at ``MOST`` rows of it at the most, the newest first,
and says whether there were more. The texts of the statements are made of constants; values are bound.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Row, Table, TextClause, text

from chassis.database import ReadSession
from payments.agreements.tables import CARD_LABELS, agreement
from payments.payments.tables import payer, payment, refund
from payments.search.rules import Driver

_OWN = "council = :council AND account = :account"
_TIME = "created_at >= :since AND created_at < :until"
_NEWEST = "ORDER BY created_at DESC, id DESC"
_SETTLED = "settled_on >= :settled_since AND settled_on < :settled_until"
_IN_PAYMENT = {
    "reference": "reference_key = lower(:reference)",
    "agreement": "agreement = :agreement",
    "state": "state = :state",
    "card_brand": "lower(card_brand) = lower(:card_brand)",
    "settled": _SETTLED,
}
_IN_PAYER = {
    "email": "email ILIKE :email",
    "cardholder_name": "cardholder_name ILIKE :cardholder_name",
    "first_digits": "first_digits = :first_digits",
    "last_digits": "last_digits = :last_digits",
}
_CONDITIONS = _IN_PAYMENT | _IN_PAYER
_COLUMNS = {"reference": "reference_key", "settled": "settled_on"}  # of filters with another name
Filters = frozenset[str]


@dataclass(frozen=True)
class Subject:
    """What is searched."""

    name: str
    columns: str  # of its page's rows
    joins: str  # to the row ``r``


def _list_columns(table: Table, alias: str, without: frozenset[str] = frozenset()) -> list[str]:
    return [f"{alias}.{column.name}" for column in table.c if column.name not in without]


def make_subject(table: Table) -> Subject:
    """Make the subject of a table of its own."""
    return Subject(table.name, ", ".join(_list_columns(table, "r")), "")


_UNSEEN = frozenset({"created_by", "state", "reference_key", "card", "erase_on"})
_PAYER_COLUMNS = _list_columns(payer, "w", frozenset({*payment.c.keys(), "payment"}))
PAYMENTS = Subject(
    "payment",
    ", ".join([*_list_columns(payment, "r", _UNSEEN), *_PAYER_COLUMNS]),
    """LEFT JOIN LATERAL (SELECT * FROM payer
        WHERE payer.council = :council AND payer.payment = page.id LIMIT 1) w ON true""",
)
REFUNDS = make_subject(refund)
_CARD_COLUMNS = [f"c.{name} AS {label}" for name, label in CARD_LABELS.items()]
AGREEMENTS = Subject(
    "agreement",
    ", ".join([*_list_columns(agreement, "r", _UNSEEN - {"state"}), *_CARD_COLUMNS]),
    """LEFT JOIN LATERAL (SELECT * FROM agreement_card
        WHERE agreement_card.council = :council AND agreement_card.agreement = page.id LIMIT 1) c ON true""",
)

# LIMIT keeps the planner at one look-up for each row of the page, whatever number it expects.
_PAGE = """SELECT totals.total, totals.is_truncated, {columns}
    FROM totals LEFT JOIN page ON true
    LEFT JOIN LATERAL (SELECT * FROM {name} WHERE {name}.council = :council AND {name}.id = page.id LIMIT 1) r
        ON true {joins}
    ORDER BY page.created_at DESC, page.id DESC"""
_COUNTED = """WITH counts AS (
        SELECT day, number FROM daily_count WHERE {counted}
        UNION ALL SELECT day, number FROM daily_count_change WHERE {counted}
        UNION ALL SELECT CAST(:head_since AT TIME ZONE 'UTC' AS date), count(*) FROM {name}
            WHERE {own} AND created_at >= :head_since AND created_at < :head_until
        UNION ALL SELECT CAST(:tail_since AT TIME ZONE 'UTC' AS date), count(*) FROM {name}
            WHERE {own} AND created_at >= :tail_since AND created_at < :tail_until),
    days AS (SELECT day, CAST(sum(number) AS bigint) AS number FROM counts GROUP BY day),
    sums AS (SELECT day, number, CAST(sum(number) OVER (ORDER BY day DESC) AS bigint) AS through FROM days),
    span AS (SELECT max(day) AS newest, min(day) AS oldest, :offset - min(through - number) AS skip FROM sums
        WHERE through > :offset AND through - number < :offset + :size),
    page AS (SELECT rows.id, rows.created_at FROM span CROSS JOIN LATERAL (
        SELECT id, created_at FROM {name} WHERE {own}
            AND created_at >= GREATEST(:since, CAST(span.oldest AS timestamp) AT TIME ZONE 'UTC')
            AND created_at < LEAST(:until, CAST(span.newest + 1 AS timestamp) AT TIME ZONE 'UTC')
        {newest} OFFSET span.skip LIMIT :size) rows
        WHERE span.newest IS NOT NULL),
    totals AS (SELECT CAST(coalesce(sum(number), 0) AS bigint) AS total, false AS is_truncated FROM days)
    """
_LISTED = """WITH {candidates},
    hits AS MATERIALIZED (SELECT c.id, c.created_at FROM candidates c {look_ups}
        WHERE c.created_at >= :since AND c.created_at < :until{conditions}),
    page AS (SELECT id, created_at FROM hits {newest} OFFSET :offset LIMIT :size),
    totals AS (SELECT count(*) AS total, (SELECT {is_truncated}) AS is_truncated FROM hits)
    """
_CANDIDATES = """candidates AS MATERIALIZED (
        SELECT {columns} FROM {table} WHERE {own} AND {where} ORDER BY {order} LIMIT :most + 1)"""
_MORE = "count(*) > :most FROM candidates"
_LOOK_UP = """ CROSS JOIN LATERAL (SELECT 1 FROM {table} WHERE {table}.council = :council
    AND {table}.{key} = c.id AND {conditions} LIMIT 1) of_{table}"""
# A sample tells whether the parts are common or the payers few: then the newest are looked at. If not, the
# index is asked. If it lists too many, as after a change of who pays, the newest are looked at after all.
_PARTS = """sample AS MATERIALIZED (SELECT email, cardholder_name FROM payer
        WHERE {own} AND {time} ORDER BY created_at DESC, payment DESC LIMIT :sampled),
    plan AS MATERIALIZED (SELECT NOT CAST(:is_indexed AS boolean) OR count(*) < :sampled
        OR count(*) FILTER (WHERE {where}) >= :common AS is_walk FROM sample),
    listed AS MATERIALIZED (SELECT rows.payment AS id, rows.created_at
        FROM plan CROSS JOIN LATERAL {rows} rows WHERE NOT plan.is_walk),
    walk AS MATERIALIZED (SELECT rows.* FROM plan CROSS JOIN LATERAL (
        SELECT payment AS id, created_at, {where} AS is_match FROM payer
        WHERE {own} AND {time} ORDER BY created_at DESC, payment DESC LIMIT :most + 1) rows
        WHERE plan.is_walk OR (SELECT count(*) > :most FROM listed)),
    candidates AS MATERIALIZED (
        SELECT id, created_at FROM walk WHERE is_match
        UNION ALL SELECT id, created_at FROM listed WHERE (SELECT count(*) <= :most FROM listed))"""
_BY_PARTS = """search_payers(
    CAST(:account AS uuid), {email}, {cardholder_name}, :since, :until, :most + 1)"""
_BY_MAILBOX = """(SELECT payment, created_at FROM (
        SELECT payment, created_at, email, cardholder_name FROM payer WHERE {own}
            AND mailbox >= reverse(lower(:mailbox)) AND mailbox < reverse(lower(:mailbox)) || chr(1114111)
        UNION ALL
        SELECT payment, created_at, email, cardholder_name FROM payer WHERE {own} AND mailbox = '@') rows
    WHERE {time} AND {where} LIMIT :most + 1)"""
_MORE_PARTS = "count(*) > :most FROM walk"


@cache
def build_statement(subject: Subject, driver: Driver, filters: Filters) -> TextClause:
    """Build the statement of a search by these filters. There are as many as sets of filters."""
    page = _PAGE.format(columns=subject.columns, name=subject.name, joins=subject.joins)
    if driver is Driver.COUNTS:
        state = " AND state = :state" if "state" in filters else ""
        counted = f"{_OWN} AND subject = '{subject.name}' AND day >= :first_day AND day < :last_day{state}"
        scope = _OWN + state
        return text(_COUNTED.format(counted=counted, own=scope, name=subject.name, newest=_NEWEST) + page)
    if driver is Driver.PARTS:
        satisfied, in_place, candidates = _write_parts(filters)
    else:
        satisfied, in_place, candidates = _write_candidates(subject, driver, filters)
    left = filters - satisfied - in_place
    listed = _LISTED.format(
        candidates=candidates,
        look_ups=_write_look_up("payment", left) + _write_look_up("payer", left),
        conditions="".join(f" AND {_CONDITIONS[name]}" for name in sorted(in_place)),
        newest=_NEWEST,
        is_truncated=_MORE_PARTS if driver is Driver.PARTS else _MORE,
    )
    return text(listed + page)


def _write_parts(filters: Filters) -> tuple[Filters, Filters, str]:
    """Write the rows that have parts, as ``_write_candidates`` does."""
    satisfied = filters & {"email", "cardholder_name"}
    parts = {name: f":{name}" if name in satisfied else "NULL" for name in ("email", "cardholder_name")}
    where = " AND ".join(_CONDITIONS[name] for name in sorted(satisfied))
    rows = _BY_MAILBOX if "mailbox" in filters else _BY_PARTS
    texts = {"own": _OWN, "time": _TIME, "where": where, **parts}
    return satisfied, frozenset(), _PARTS.format(rows=rows.format(**texts), **texts)


def _write_candidates(subject: Subject, driver: Driver, filters: Filters) -> tuple[Filters, Filters, str]:
    """Write the rows that are looked at.

    Returns the filters that all of them satisfy, those that can be checked on their columns, and the SQL.
    """
    is_card = driver in {Driver.LAST_DIGITS, Driver.FIRST_DIGITS}
    table, key = ("payer", "payment") if is_card else (subject.name, "id")
    satisfied = filters & ({"state"} if driver is Driver.TIME else {driver.value})
    in_place = (filters - satisfied) & (_IN_PAYER if is_card else _IN_PAYMENT).keys()
    conditions = [_CONDITIONS[name] for name in sorted(satisfied)]
    order = f"created_at DESC, {key} DESC"
    if driver is Driver.SETTLED:
        order = f"settled_on DESC, {order}"
    else:
        conditions.append(_TIME)
    columns = [f"{key} AS id", "created_at", *(_COLUMNS.get(name, name) for name in sorted(in_place))]
    candidates = _CANDIDATES.format(
        columns=", ".join(columns), table=table, own=_OWN, where=" AND ".join(conditions), order=order
    )
    return satisfied, frozenset(in_place), candidates


def _write_look_up(table: str, filters: Filters) -> str:
    """Write what candidates must fulfil in a table, with one look-up for each."""
    key, conditions_of = ("payment", _IN_PAYER) if table == "payer" else ("id", _IN_PAYMENT)
    conditions = [_CONDITIONS[name] for name in sorted(filters & conditions_of.keys())]
    if not conditions:
        return ""
    return _LOOK_UP.format(table=table, key=key, conditions=" AND ".join(conditions))


async def search(
    session: ReadSession, statement: TextClause, council: str, params: Mapping[str, Any]
) -> Sequence[Row[Any]]:
    """Run a search. There is one row at least: with ``id`` null if the page is empty."""
    return await session.all(statement, {"council": council, **params})
