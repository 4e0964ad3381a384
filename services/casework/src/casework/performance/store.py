"""Statements of figures."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import ReadSession, Session

_ROLES = bindparam("roles", type_=ARRAY(Text))
_OF_WEEKS = text("""SELECT week, code, measure, detail, sum(number) AS number FROM case_figure
    WHERE council = :council AND mode = :mode AND week BETWEEN :first AND :last
    AND (:code = '' OR code = :code) AND (restricted = '' OR restricted = ANY (:roles))
    GROUP BY week, code, measure, detail ORDER BY week, code, measure, detail""").bindparams(_ROLES)
_OPEN = text("""SELECT code, count(*) AS number, count(*) FILTER (WHERE due_at < :now) AS overdue,
        min(opened_at) AS oldest
    FROM case_record WHERE council = :council AND mode = :mode AND closed_at IS NULL
    AND (:code = '' OR code = :code) AND (restricted IS NULL OR restricted = ANY (:roles))
    GROUP BY code ORDER BY code""").bindparams(_ROLES)
_KEY = "council, mode, code, restricted, week, measure, detail"
# Whoever deletes a row adds it up: two that fold at once never count one twice.
_FOLD = text(f"""WITH waiting AS (SELECT DISTINCT {_KEY} FROM (SELECT {_KEY} FROM case_figure WHERE NOT folded
        ORDER BY council, id LIMIT :most) AS rows),
    gone AS (DELETE FROM case_figure USING waiting WHERE case_figure.council = waiting.council
        AND case_figure.mode = waiting.mode AND case_figure.week = waiting.week
        AND case_figure.code = waiting.code AND case_figure.restricted = waiting.restricted
        AND case_figure.measure = waiting.measure AND case_figure.detail = waiting.detail
        RETURNING case_figure.*),
    sums AS (INSERT INTO case_figure ({_KEY}, number, folded)
        SELECT {_KEY}, sum(number), true FROM gone GROUP BY {_KEY})
    SELECT count(*) FROM gone WHERE NOT folded""")  # noqa: S608


async def list_figures(
    session: ReadSession,
    council: str,
    mode: str,
    weeks: tuple[date, date],
    code: str,
    roles: Collection[str],
) -> Sequence[Row[Any]]:
    """List the figures of weeks, by their Mondays; of one type, or of all for an empty code."""
    first, last = weeks
    params = {"council": council, "mode": mode, "first": first, "last": last, "code": code}
    return await session.all(_OF_WEEKS, {**params, "roles": list(roles)})


async def count_open(
    session: ReadSession, council: str, mode: str, code: str, roles: Collection[str], now: datetime
) -> Sequence[Row[Any]]:
    """Count what is open, by type, and find the oldest of each."""
    params = {"council": council, "mode": mode, "code": code, "now": now, "roles": list(roles)}
    return await session.all(_OPEN, params)


async def fold(session: Session, most: int) -> int:
    """Add the oldest counts up, of all councils; return how many they were."""
    return int(await session.scalar(_FOLD, {"most": most}))
