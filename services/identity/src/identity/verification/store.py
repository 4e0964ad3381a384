"""One-time codes, and the attempts that limits count."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.verification.tables import attempt, one_time_code

_CODE = upsert(one_time_code)
_SEND = _CODE.on_conflict_do_update(
    index_elements=["browser", "purpose"],
    set_={c: _CODE.excluded[c] for c in ("account", "address", "hash", "tries", "created_at", "expires_at")},
)
_THE_CODE = (
    one_time_code.c.browser == bindparam("browser_"),
    one_time_code.c.purpose == bindparam("purpose_"),
)
_WAITING = select(one_time_code).where(*_THE_CODE, one_time_code.c.expires_at > bindparam("now"))
_TRY = (
    update(one_time_code)
    .where(
        *_THE_CODE, one_time_code.c.expires_at > bindparam("now"), one_time_code.c.tries < bindparam("most")
    )
    .values(tries=one_time_code.c.tries + 1)
    .returning(one_time_code.c.account, one_time_code.c.address, one_time_code.c.hash)
)
_USE = delete(one_time_code).where(*_THE_CODE)

# Counts all or says which are full; the rows' locks make two at once count one after the other.
_COUNT = text("""
    INSERT INTO attempt AS had (key, times, most, expires_at)
    SELECT key, ARRAY[CAST(:now AS timestamptz)], most,
        CAST(:now AS timestamptz) + make_interval(secs => seconds)
    FROM unnest(CAST(:keys AS bytea[]), CAST(:mosts AS integer[]), CAST(:seconds AS float8[]))
        AS asked (key, most, seconds)
    ORDER BY key
    ON CONFLICT (key) DO UPDATE SET
        times = array(SELECT one FROM unnest(had.times) AS one
            WHERE one > excluded.times[1] - (excluded.expires_at - excluded.times[1])) || excluded.times,
        most = excluded.most, expires_at = excluded.expires_at
    WHERE (SELECT count(*) FROM unnest(had.times) AS one
        WHERE one > excluded.times[1] - (excluded.expires_at - excluded.times[1])) < excluded.most
    RETURNING true""")
_TRIES = select(attempt.c.key, attempt.c.times).where(attempt.c.key.in_(bindparam("keys", expanding=True)))
_SWEEP = tuple(
    delete(table).where(table.c.expires_at < bindparam("now")) for table in (attempt, one_time_code)
)


async def send_code(session: Session, values: Mapping[str, Any]) -> None:
    """Keep a code; it takes the place of the one sent before to the same browser for the same purpose."""
    await session.execute(_SEND, dict(values))


async def waiting_code(session: ReadSession, browser: bytes, purpose: str, now: datetime) -> Row[Any] | None:
    return await session.first(_WAITING, {"browser_": browser, "purpose_": purpose, "now": now})


async def try_code(
    session: Session, browser: bytes, purpose: str, now: datetime, most: int
) -> Row[Any] | None:
    """Count a try and answer ``account``, ``address`` and ``hash``; None when there is none to try."""
    values = {"browser_": browser, "purpose_": purpose, "now": now, "most": most}
    return await session.first(_TRY, values)


async def use_code(session: Session, browser: bytes, purpose: str) -> bool:
    """Whether it was there to be used."""
    return await session.execute(_USE, {"browser_": browser, "purpose_": purpose}) == 1


async def count(session: Session, asked: Mapping[bytes, tuple[int, int]], now: datetime) -> bool:
    """Count a try under every key: (most, seconds). False when one is full: the others are counted still."""
    values = {
        "now": now,
        "keys": list(asked),
        "mosts": [most for most, _ in asked.values()],
        "seconds": [float(seconds) for _, seconds in asked.values()],
    }
    return len(await session.all(_COUNT, values)) == len(asked)


async def tries(session: ReadSession, keys: Sequence[bytes]) -> dict[bytes, list[datetime]]:
    """When each of these was tried; those never tried are not there."""
    return {row.key: row.times for row in await session.all(_TRIES, {"keys": list(keys)})}


async def sweep(session: Session, now: datetime) -> None:
    """Delete what has run out."""
    for statement in _SWEEP:
        await session.execute(statement, {"now": now})
