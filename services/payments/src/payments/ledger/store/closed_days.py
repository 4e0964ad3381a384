"""Which days are closed, and the locks of those who post for past days and close them."""

from datetime import date

from sqlalchemy import bindparam, text
from sqlalchemy.types import Date

from chassis.database import ReadSession, Session

_FIRST, _DAY = bindparam("first", type_=Date), bindparam("day", type_=Date)
_LOCK_IMPORTS = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(CAST(:council AS text) || ' ' || :mode, 8))"
)
_LAST = text("SELECT max(day) FROM day_close WHERE council = :council AND mode = :mode")
_FIRST_POSTED = text("SELECT min(taken_on) FROM ledger_transaction WHERE council = :council AND mode = :mode")
# The key is that of the trigger refuse_closed_day.
_LOCK_DAYS = text("""
    SELECT pg_advisory_xact_lock(hashtextextended(
        concat_ws(' ', CAST(:council AS text), CAST(:mode AS text), CAST(day AS date)), 7))
    FROM generate_series(CAST(:first AS date), CAST(:day AS date), interval '1 day') AS x (day)
    ORDER BY day""").bindparams(_FIRST, _DAY)


async def lock_imports(session: Session, council: str, mode: str) -> None:
    """Let nobody else import, match or close for the council and mode until this transaction ends."""
    await session.execute(_LOCK_IMPORTS, {"council": council, "mode": mode})


async def find_last_day(session: ReadSession, council: str, mode: str) -> date | None:
    """Find the last day that is closed."""
    day: date | None = await session.scalar(_LAST, {"council": council, "mode": mode})
    return day


async def find_first_posted(session: ReadSession, council: str, mode: str) -> date | None:
    """Find the first day that anything was posted for."""
    day: date | None = await session.scalar(_FIRST_POSTED, {"council": council, "mode": mode})
    return day


async def lock_days(session: Session, council: str, mode: str, first: date, day: date) -> None:
    """Wait for the postings of these days that are on their way, and let no other begin."""
    await session.all(_LOCK_DAYS, {"council": council, "mode": mode, "first": first, "day": day})
