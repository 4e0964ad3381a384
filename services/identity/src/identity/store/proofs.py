"""What people prove themselves with: codes, passwords, authenticator apps, recovery codes; and how often."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.tables import (
    account_password,
    attempt,
    authenticator,
    one_time_code,
    passkey_challenge,
    recovery_code,
    sign_in,
)

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

_PASSWORD = select(account_password.c.hash).where(account_password.c.account == bindparam("account_"))
_SET = upsert(account_password)
_SET_PASSWORD = _SET.on_conflict_do_update(
    index_elements=["account"], set_={c: _SET.excluded[c] for c in ("hash", "set_at")}
)
_DROP_PASSWORD = delete(account_password).where(account_password.c.account == bindparam("account_"))

_MINE = authenticator.c.account == bindparam("account_")
_AUTHENTICATOR = select(authenticator).where(_MINE)
_ADD = upsert(authenticator)
_ADD_AUTHENTICATOR = _ADD.on_conflict_do_update(
    index_elements=["account"],
    set_={c: _ADD.excluded[c] for c in ("sealed", "last_step", "created_at")},
    where=authenticator.c.confirmed_at.is_(None),
)
_CONFIRM = (
    update(authenticator)
    .where(_MINE, authenticator.c.confirmed_at.is_(None))
    .values(confirmed_at=bindparam("at"), last_step=bindparam("step"))
)
_TAKE_STEP = (
    update(authenticator)
    .where(_MINE, authenticator.c.confirmed_at.is_not(None), authenticator.c.last_step < bindparam("step"))
    .values(last_step=bindparam("step"))
)
_DROP_AUTHENTICATOR = delete(authenticator).where(_MINE)

_OF_ACCOUNT = recovery_code.c.account == bindparam("account_")
_DROP_RECOVERY = delete(recovery_code).where(_OF_ACCOUNT)
_ADD_RECOVERY = insert(recovery_code)
_LEFT = select(func.count()).select_from(recovery_code).where(_OF_ACCOUNT, recovery_code.c.used_at.is_(None))
_USE_RECOVERY = (
    update(recovery_code)
    .where(_OF_ACCOUNT, recovery_code.c.hash == bindparam("hash_"), recovery_code.c.used_at.is_(None))
    .values(used_at=bindparam("at"))
)

_STEP = upsert(sign_in)
_KEEP_STEP = _STEP.on_conflict_do_update(
    index_elements=["browser"],
    set_={c: _STEP.excluded[c] for c in ("account", "methods", "through", "expires_at")},
)
_SO_FAR = select(sign_in.c.account, sign_in.c.methods, sign_in.c.through).where(
    sign_in.c.browser == bindparam("browser_"), sign_in.c.expires_at > bindparam("now")
)
_DONE = delete(sign_in).where(sign_in.c.browser == bindparam("browser_"))

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
    delete(table).where(table.c.expires_at < bindparam("now"))
    for table in (attempt, one_time_code, passkey_challenge, sign_in)
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


async def password(session: ReadSession, account_id: UUID) -> str | None:
    found: str | None = await session.scalar(_PASSWORD, {"account_": account_id})
    return found


async def set_password(session: Session, account_id: UUID, hashed: str, at: datetime) -> None:
    await session.execute(_SET_PASSWORD, {"account": account_id, "hash": hashed, "set_at": at})


async def drop_password(session: Session, account_id: UUID) -> bool:
    return await session.execute(_DROP_PASSWORD, {"account_": account_id}) == 1


async def authenticator_of(session: ReadSession, account_id: UUID) -> Row[Any] | None:
    return await session.first(_AUTHENTICATOR, {"account_": account_id})


async def add_authenticator(session: Session, account_id: UUID, sealed: bytes, at: datetime) -> None:
    """Begin one; nothing happens when there is a confirmed one."""
    values = {"account": account_id, "sealed": sealed, "last_step": 0, "created_at": at}
    await session.execute(_ADD_AUTHENTICATOR, {**values, "confirmed_at": None})


async def confirm_authenticator(session: Session, account_id: UUID, step: int, at: datetime) -> bool:
    return await session.execute(_CONFIRM, {"account_": account_id, "step": step, "at": at}) == 1


async def take_step(session: Session, account_id: UUID, step: int) -> bool:
    """Whether no code of this step or a later one was taken before."""
    return await session.execute(_TAKE_STEP, {"account_": account_id, "step": step}) == 1


async def drop_recovery(session: Session, account_id: UUID) -> None:
    await session.execute(_DROP_RECOVERY, {"account_": account_id})


async def drop_authenticator(session: Session, account_id: UUID) -> bool:
    return await session.execute(_DROP_AUTHENTICATOR, {"account_": account_id}) == 1


async def replace_recovery(session: Session, account_id: UUID, hashes: Sequence[bytes]) -> None:
    """These take the place of those there were."""
    await session.execute(_DROP_RECOVERY, {"account_": account_id})
    await session.execute(
        _ADD_RECOVERY, [{"account": account_id, "hash": one, "used_at": None} for one in hashes]
    )


async def recovery_left(session: ReadSession, account_id: UUID) -> int:
    return int(await session.scalar(_LEFT, {"account_": account_id}))


async def use_recovery(session: Session, account_id: UUID, hashed: bytes, at: datetime) -> bool:
    values = {"account_": account_id, "hash_": hashed, "at": at}
    return await session.execute(_USE_RECOVERY, values) == 1


async def keep_step(
    session: Session,
    browser: bytes,
    account_id: UUID,
    methods: Sequence[str],
    through: Mapping[str, Any] | None,
    expires_at: datetime,
) -> None:
    """Keep what a browser has proven so far, and the sign-in elsewhere that it began with."""
    values = {"browser": browser, "account": account_id, "methods": list(methods), "expires_at": expires_at}
    await session.execute(_KEEP_STEP, {**values, "through": through})


async def so_far(session: ReadSession, browser: bytes, now: datetime) -> Row[Any] | None:
    return await session.first(_SO_FAR, {"browser_": browser, "now": now})


async def done(session: Session, browser: bytes) -> None:
    await session.execute(_DONE, {"browser_": browser})


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
