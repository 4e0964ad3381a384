"""The phones of accounts, their use as a second step, and the texts of a day."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.accounts.tables import account_phone
from identity.factors.tables import authenticator, text_count

_MINE = account_phone.c.account == bindparam("account_")
_ONE = select(account_phone).where(_MINE)
_KEEP = upsert(account_phone)
_KEEP_ONE = _KEEP.on_conflict_do_update(
    index_elements=["account"], set_={c: _KEEP.excluded[c] for c in ("number", "verified_at")}
)
_REMOVE = delete(account_phone).where(_MINE)
_USE = (
    update(account_phone)
    .where(_MINE, account_phone.c.number == bindparam("number_"), account_phone.c.second_step_since.is_(None))
    .values(second_step_since=bindparam("at"))
)
_USE_NO_MORE = (
    update(account_phone)
    .where(_MINE, account_phone.c.second_step_since.is_not(None))
    .values(second_step_since=None)
)
_STEPS = select(
    exists()
    .where(authenticator.c.account == bindparam("account_"), authenticator.c.confirmed_at.is_not(None))
    .label("app"),
    exists().where(_MINE, account_phone.c.second_step_since.is_not(None)).label("text"),
)
_COUNT = upsert(text_count).values(day=bindparam("day_"), kind=bindparam("kind_"), sent=1)
_COUNT_ONE = _COUNT.on_conflict_do_update(
    index_elements=["day", "kind"],
    set_={"sent": text_count.c.sent + 1},
    where=text_count.c.sent < bindparam("most_"),
).returning(text_count.c.sent)
_SWEEP = delete(text_count).where(text_count.c.day < bindparam("before"))


async def one(session: ReadSession, account_id: UUID) -> Row[Any] | None:
    """``number`` (E.164), ``verified_at``, ``second_step_since`` (null: signing in does not need it)."""
    return await session.first(_ONE, {"account_": account_id})


async def keep(session: Session, account_id: UUID, number: str, at: datetime) -> None:
    """The number the account has from now on; what the one before was used for, this one is."""
    values = {"account": account_id, "number": number, "verified_at": at, "second_step_since": None}
    await session.execute(_KEEP_ONE, values)


async def remove(session: Session, account_id: UUID) -> bool:
    return await session.execute(_REMOVE, {"account_": account_id}) == 1


async def use_as_second_step(session: Session, account_id: UUID, number: str, at: datetime) -> bool:
    """False when it is so used already, or the account's number is another."""
    return await session.execute(_USE, {"account_": account_id, "number_": number, "at": at}) == 1


async def use_no_more(session: Session, account_id: UUID) -> bool:
    return await session.execute(_USE_NO_MORE, {"account_": account_id}) == 1


async def second_steps(session: ReadSession, account_id: UUID) -> Row[Any]:
    """``app`` and ``text``: by which of them the account is signed in to, besides the first step."""
    rows = await session.all(_STEPS, {"account_": account_id})
    return rows[0]


async def count_text(session: Session, day: date, kind: str, most: int) -> int | None:
    """Count a text against the day's budget: how many it makes; None when that is used up."""
    if most < 1:
        return None
    values = {"day_": day, "kind_": kind, "most_": most}
    sent: int | None = await session.scalar(_COUNT_ONE, values)
    return sent


async def sweep(session: Session, before: date) -> None:
    await session.execute(_SWEEP, {"before": before})
