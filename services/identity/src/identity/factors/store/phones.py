"""Read and change the phones of accounts, their use as a second step, and the count of SMS of a day."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from identity.accounts.tables import account_phone
from identity.factors.tables import authenticator, sms_count

_OF_ACCOUNT = account_phone.c.account == bindparam("account_")
_GET = select(account_phone).where(_OF_ACCOUNT)
_INSERT = upsert(account_phone)
_SET_NUMBER = _INSERT.on_conflict_do_update(
    index_elements=["account"], set_={c: _INSERT.excluded[c] for c in ("number", "verified_at")}
)
_DELETE = delete(account_phone).where(_OF_ACCOUNT)
_ENABLE_STEP = (
    update(account_phone)
    .where(
        _OF_ACCOUNT,
        account_phone.c.number == bindparam("number_"),
        account_phone.c.second_step_since.is_(None),
    )
    .values(second_step_since=bindparam("at"))
)
_DISABLE_STEP = (
    update(account_phone)
    .where(_OF_ACCOUNT, account_phone.c.second_step_since.is_not(None))
    .values(second_step_since=None)
)
_GET_SECOND_STEPS = select(
    exists()
    .where(authenticator.c.account == bindparam("account_"), authenticator.c.confirmed_at.is_not(None))
    .label("app"),
    exists().where(_OF_ACCOUNT, account_phone.c.second_step_since.is_not(None)).label("sms"),
)
_COUNT = upsert(sms_count).values(day=bindparam("day_"), kind=bindparam("kind_"), sent=1)
_COUNT_SMS = _COUNT.on_conflict_do_update(
    index_elements=["day", "kind"],
    set_={"sent": sms_count.c.sent + 1},
    where=sms_count.c.sent < bindparam("budget_"),
).returning(sms_count.c.sent)
_PURGE_COUNTS = delete_batch(sms_count, sms_count.c.day < bindparam("before"))


async def get(session: ReadSession, account_id: UUID) -> Row[Any] | None:
    """Get the phone of an account: ``number`` (E.164), ``verified_at``, ``second_step_since`` (or null)."""
    return await session.first(_GET, {"account_": account_id})


async def set_number(session: Session, account_id: UUID, number: str, at: datetime) -> None:
    """Set the phone number of an account; it stays the second step if the number before was."""
    values = {"account": account_id, "number": number, "verified_at": at, "second_step_since": None}
    await session.execute(_SET_NUMBER, values)


async def delete_phone(session: Session, account_id: UUID) -> bool:
    """Delete the phone of an account; return false when it has none."""
    return await session.execute(_DELETE, {"account_": account_id}) == 1


async def enable_step(session: Session, account_id: UUID, number: str, at: datetime) -> bool:
    """Make SMS to this number the second step; return false when they are, or the number has changed."""
    return await session.execute(_ENABLE_STEP, {"account_": account_id, "number_": number, "at": at}) == 1


async def disable_step(session: Session, account_id: UUID) -> bool:
    """Stop SMS being the second step; return false when they are not."""
    return await session.execute(_DISABLE_STEP, {"account_": account_id}) == 1


async def get_second_steps(session: ReadSession, account_id: UUID) -> Row[Any]:
    """Get which second steps an account has: ``app`` and ``sms``, each true or false."""
    rows = await session.all(_GET_SECOND_STEPS, {"account_": account_id})
    return rows[0]


async def count_sms(session: Session, day: date, kind: str, budget: int) -> int | None:
    """Count an SMS against the day's budget, and return how many there were; None when it is used up."""
    if budget < 1:
        return None
    values = {"day_": day, "kind_": kind, "budget_": budget}
    count: int | None = await session.scalar(_COUNT_SMS, values)
    return count


async def purge_counts(session: Session, before: date, most: int) -> int:
    """Delete a batch of the counts of the days before one."""
    return await session.execute(_PURGE_COUNTS, {"before": before, "most": most})
