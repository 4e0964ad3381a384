"""One-time codes, and the attempts that rate limits count."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from identity.verification.tables import attempt, one_time_code

_CODE = upsert(one_time_code)
_SAVE_CODE = _CODE.on_conflict_do_update(
    index_elements=["browser", "purpose"],
    set_={c: _CODE.excluded[c] for c in ("account", "address", "hash", "tries", "created_at", "expires_at")},
)
_THE_CODE = (
    one_time_code.c.browser == bindparam("browser_"),
    one_time_code.c.purpose == bindparam("purpose_"),
)
_GET_CODE = select(one_time_code).where(*_THE_CODE, one_time_code.c.expires_at > bindparam("now"))
_COUNT_ATTEMPT = (
    update(one_time_code)
    .where(
        *_THE_CODE, one_time_code.c.expires_at > bindparam("now"), one_time_code.c.tries < bindparam("most")
    )
    .values(tries=one_time_code.c.tries + 1)
    .returning(one_time_code.c.account, one_time_code.c.address, one_time_code.c.hash)
)
_DELETE_CODE = delete(one_time_code).where(*_THE_CODE)

# A key that is full returns no row. The rows' locks make two at once count one after the other.
_COUNT_ATTEMPTS = text("""
    INSERT INTO attempt AS had (key, times, most, expires_at)
    SELECT key, ARRAY[CAST(:now AS timestamptz)], most,
        CAST(:now AS timestamptz) + make_interval(secs => seconds)
    FROM unnest(CAST(:keys AS bytea[]), CAST(:mosts AS integer[]), CAST(:seconds AS float8[]))
        AS attempted (key, most, seconds)
    ORDER BY key
    ON CONFLICT (key) DO UPDATE SET
        times = array(SELECT one FROM unnest(had.times) AS one
            WHERE one > excluded.times[1] - (excluded.expires_at - excluded.times[1])) || excluded.times,
        most = excluded.most, expires_at = excluded.expires_at
    WHERE (SELECT count(*) FROM unnest(had.times) AS one
        WHERE one > excluded.times[1] - (excluded.expires_at - excluded.times[1])) < excluded.most
    RETURNING true""")
_LIST_ATTEMPTS = select(attempt.c.key, attempt.c.times).where(
    attempt.c.key.in_(bindparam("keys", expanding=True))
)
_PURGE_CODES = delete_batch(one_time_code, one_time_code.c.expires_at < bindparam("now"))
_PURGE_ATTEMPTS = delete_batch(attempt, attempt.c.expires_at < bindparam("now"))


async def save_code(session: Session, values: Mapping[str, Any]) -> None:
    """Save a code; it replaces the one before of the same browser and purpose."""
    await session.execute(_SAVE_CODE, dict(values))


async def get_code(session: ReadSession, browser: bytes, purpose: str, now: datetime) -> Row[Any] | None:
    """Get the live code of a browser and purpose."""
    return await session.first(_GET_CODE, {"browser_": browser, "purpose_": purpose, "now": now})


async def count_attempt(
    session: Session, browser: bytes, purpose: str, now: datetime, most: int
) -> Row[Any] | None:
    """Count an attempt at a code: its ``account``, ``address`` and ``hash``; None when none may be tried."""
    values = {"browser_": browser, "purpose_": purpose, "now": now, "most": most}
    return await session.first(_COUNT_ATTEMPT, values)


async def delete_code(session: Session, browser: bytes, purpose: str) -> bool:
    """Delete a code; false when there was none."""
    return await session.execute(_DELETE_CODE, {"browser_": browser, "purpose_": purpose}) == 1


async def count_attempts(session: Session, attempts: Mapping[bytes, tuple[int, int]], now: datetime) -> bool:
    """Count an attempt under every key: (most, seconds). False when one is full; the others count it."""
    values = {
        "now": now,
        "keys": list(attempts),
        "mosts": [most for most, _ in attempts.values()],
        "seconds": [float(seconds) for _, seconds in attempts.values()],
    }
    return len(await session.all(_COUNT_ATTEMPTS, values)) == len(attempts)


async def list_attempts(session: ReadSession, keys: Sequence[bytes]) -> dict[bytes, list[datetime]]:
    """List the times of attempts by key; a key without attempts is left out."""
    return {row.key: row.times for row in await session.all(_LIST_ATTEMPTS, {"keys": list(keys)})}


async def purge_codes(session: Session, now: datetime, most: int) -> int:
    """Delete a batch of expired codes."""
    return await session.execute(_PURGE_CODES, {"now": now, "most": most})


async def purge_attempts(session: Session, now: datetime, most: int) -> int:
    """Delete a batch of expired attempts."""
    return await session.execute(_PURGE_ATTEMPTS, {"now": now, "most": most})
