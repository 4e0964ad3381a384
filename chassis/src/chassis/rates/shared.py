"""Limits counted in PostgreSQL: exact over all replicas, for guesses of secrets and what costs money.

A row holds an HMAC of the limit's name and the subject, and one time: when the whole quota is there again.
The rows' locks, taken in one order, make concurrent attempts count one after the other.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, text

from chassis import clock
from chassis.database import Database, Session
from chassis.rates.limits import MICROSECONDS, Limit
from chassis.rates.refusals import Refusal, count_refusal
from chassis.tables import rate_limit

Attempt = tuple[Limit, str]
_PURGED_AT_ONCE = 5_000
_MIN_KEY = 32  # bytes

_TAKEN = """unnest(CAST(:keys AS bytea[]), CAST(:steps AS float8[]), CAST(:spans AS float8[]))
    AS taken (key, step, span)"""
# A key without room returns no row. ``rooms``: how far ahead of now a key may be that has room for one more.
_TAKE = text(f"""
    INSERT INTO rate_limit AS counted (key, refilled_at)
    SELECT key, CAST(:now AS timestamptz) + make_interval(secs => step) FROM {_TAKEN} ORDER BY key
    ON CONFLICT (key) DO UPDATE SET refilled_at =
        greatest(counted.refilled_at, CAST(:now AS timestamptz)) + (excluded.refilled_at - :now)
    WHERE counted.refilled_at <= CAST(:now AS timestamptz) + make_interval(secs =>
        (CAST(:rooms AS float8[]))[array_position(CAST(:keys AS bytea[]), counted.key)])
    RETURNING key""")  # noqa: S608 - of constants
# The locks are held already. A time beyond the span is of a clock that was set back since.
_GIVE_BACK = text(f"""
    UPDATE rate_limit AS counted SET refilled_at = CASE
        WHEN counted.key = ANY (CAST(:counted AS bytea[]))
        THEN counted.refilled_at - make_interval(secs => step)
        ELSE least(counted.refilled_at, CAST(:now AS timestamptz) + make_interval(secs => span)) END
    FROM {_TAKEN} WHERE counted.key = taken.key
    RETURNING counted.key, counted.refilled_at""")  # noqa: S608 - of constants
_EXPIRED = (
    select(rate_limit.c.key)
    .where(rate_limit.c.refilled_at < text(":now"))
    .order_by(rate_limit.c.refilled_at)
    .limit(_PURGED_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_PURGE = delete(rate_limit).where(rate_limit.c.key.in_(_EXPIRED))


class SharedLimiter:
    """Counts attempts under limits. ``key``: 32 secret bytes of the service.

    Names, numbers and addresses have too few values for a plain hash: without the key nobody can tell from
    the table who was counted.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < _MIN_KEY:
            raise ValueError(f"the key of a limiter must have {_MIN_KEY} bytes")
        self._key = key

    async def take(self, session: Session, *attempts: Attempt) -> Refusal | None:
        """Count one attempt under every limit, or under none and return the refusal that lasts longest.

        An attempt is a limit and whom or what it counts. It counts when the transaction commits: whoever
        checks a secret in the same one must not roll it back, or use ``require``, which commits first.
        """
        limits = {self.hash_subject(limit, subject): limit for limit, subject in attempts}
        now = clock.now()
        values = _make_values(limits, now)
        counted = [row.key for row in await session.all(_TAKE, values)]
        if len(counted) == len(limits):
            return None
        del values["rooms"]
        rows = await session.all(_GIVE_BACK, {**values, "counted": counted})
        refusals = [
            Refusal(limits[row.key], _retry_at(limits[row.key], row.refilled_at))
            for row in rows
            if row.key not in counted
        ]
        for refusal in refusals:
            count_refusal(refusal.limit)
        return max(refusals, key=lambda refusal: refusal.retry_at)

    async def require(self, database: Database, *attempts: Attempt) -> None:
        """Count one attempt in a transaction of its own. Raises Problem 429.

        Call it before the request's session is opened, or the request holds two connections.
        """
        async with database.writing() as session:
            refusal = await self.take(session, *attempts)
        if refusal is not None:
            raise refusal.to_problem()

    def hash_subject(self, limit: Limit, subject: str) -> bytes:
        """Compute the key under which a subject is counted: an HMAC of it and of the limit's name."""
        mac = hmac.new(self._key, digestmod=hashlib.sha256)
        for part in (limit.name, subject):
            raw = part.encode("utf-8", "surrogatepass")
            mac.update(len(raw).to_bytes(4) + raw)
        return mac.digest()


async def purge(session: Session) -> bool:
    """Delete the rows whose quota is whole again, a few thousand; False when there are no more."""
    return await session.execute(_PURGE, {"now": clock.now()}) == _PURGED_AT_ONCE


def _make_values(limits: dict[bytes, Limit], now: datetime) -> dict[str, Any]:
    steps = [limit.step / MICROSECONDS for limit in limits.values()]
    quotas: Sequence[int] = [limit.quota for limit in limits.values()]
    return {
        "now": now,
        "keys": list(limits),
        "steps": steps,
        "spans": [step * quota for step, quota in zip(steps, quotas, strict=True)],
        "rooms": [step * (quota - 1) for step, quota in zip(steps, quotas, strict=True)],
    }


def _retry_at(limit: Limit, refilled_at: datetime) -> datetime:
    return refilled_at - timedelta(microseconds=limit.step * (limit.quota - 1))
