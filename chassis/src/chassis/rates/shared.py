"""Limits counted in PostgreSQL: exact over all replicas, for guesses of secrets and what costs money.

A row holds an HMAC of the limit's name and the subject, and one time: when the whole quota is there again.
The rows' locks, taken in one order, make concurrent attempts count one after the other.
"""

import hashlib
import hmac
from datetime import timedelta

from sqlalchemy import bindparam, text

from chassis import clock
from chassis.batches import delete_batch
from chassis.database import Database, Session
from chassis.rates.limits import Limit
from chassis.rates.refusals import Refusal, count_refusal
from chassis.tables import rate_limit

Attempt = tuple[Limit, str]
_MIN_KEY = 32  # bytes

_KEYS, _NOW = "CAST(:keys AS bytea[])", "CAST(:now AS timestamptz)"
_NEXT = f"unnest({_KEYS}, CAST(:next AS timestamptz[])) AS taken (key, next)"  # now and a step
_LATEST, _LOST = (
    f"(CAST(:{name} AS timestamptz[]))[array_position({_KEYS}, counted.key)]" for name in ("latest", "lost")
)
# A key without room returns no row. ``latest``: of a key that has room for one more. ``lost``: two windows
# ahead, of a clock that was set back since; it has room for one. Clocks of replicas differ by less.
_TAKE = text(f"""
    INSERT INTO rate_limit AS counted (key, refilled_at) SELECT key, next FROM {_NEXT} ORDER BY key
    ON CONFLICT (key) DO UPDATE SET refilled_at =
        greatest({_NOW}, least(counted.refilled_at, {_LATEST})) + (excluded.refilled_at - {_NOW})
    WHERE counted.refilled_at <= {_LATEST} OR counted.refilled_at > {_LOST}
    RETURNING key""")  # noqa: S608 - of constants
# The first statement locked all rows, also those that have no room.
_GIVE_BACK = text(f"""
    WITH given_back AS (
        UPDATE rate_limit AS counted SET refilled_at = counted.refilled_at - (next - {_NOW})
        FROM {_NEXT} WHERE counted.key = taken.key AND counted.key = ANY (CAST(:counted AS bytea[])))
    SELECT key, refilled_at FROM rate_limit
    WHERE key = ANY ({_KEYS}) AND key <> ALL (CAST(:counted AS bytea[]))""")  # noqa: S608 - of constants
_PURGE = delete_batch(rate_limit, rate_limit.c.refilled_at < bindparam("now"))


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
        values = {
            "now": now,
            "keys": list(limits),
            "next": [now + _step(limit) for limit in limits.values()],
        }
        bounds = {
            "latest": [now + (limit.quota - 1) * _step(limit) for limit in limits.values()],
            "lost": [now + 2 * limit.quota * _step(limit) for limit in limits.values()],
        }
        counted = [row.key for row in await session.all(_TAKE, {**values, **bounds})]
        if len(counted) == len(limits):
            return None
        refusals = [
            Refusal(limits[row.key], row.refilled_at - (limits[row.key].quota - 1) * _step(limits[row.key]))
            for row in await session.all(_GIVE_BACK, {**values, "counted": counted})
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


async def purge(session: Session, most: int) -> int:
    """Delete a batch of the rows whose quota is whole again."""
    return await session.execute(_PURGE, {"now": clock.now(), "most": most})


def _step(limit: Limit) -> timedelta:
    return timedelta(microseconds=limit.step)
