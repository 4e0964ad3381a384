"""Letters that wait to be sent, and those in a laptop's outbox."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, insert, select, update

from chassis.database import ReadSession, Session
from identity.tables.mail import mail

_ADD = insert(mail)
_DUE = (
    select(mail.c.id)
    .where(mail.c.due_at <= bindparam("now"), mail.c.expires_at > bindparam("now"))
    .order_by(mail.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
_CLAIM = (
    update(mail)
    .where(mail.c.id.in_(_DUE))
    .values(due_at=bindparam("until"), tries=mail.c.tries + 1)
    .returning(mail)
)
_PUT_OFF = update(mail).where(mail.c.id == bindparam("letter")).values(due_at=bindparam("due"))
_REMOVE = delete(mail).where(mail.c.id == bindparam("letter"))
_EXPIRED = delete(mail).where(mail.c.expires_at <= bindparam("now"))
_NEWEST = select(mail).order_by(mail.c.id.desc()).limit(bindparam("most"))
_ONE = select(mail).where(mail.c.id == bindparam("letter"))


async def add(session: Session, values: dict[str, Any]) -> None:
    await session.execute(_ADD, values)


async def claim(session: Session, now: datetime, lease: timedelta, most: int) -> Sequence[Row[Any]]:
    """Letters that are due, for this process alone until the lease ends."""
    return await session.all(_CLAIM, {"now": now, "until": now + lease, "most": most})


async def put_off(session: Session, letter: UUID, due: datetime | None) -> None:
    """Try again then; None: it stays in the outbox."""
    await session.execute(_PUT_OFF, {"letter": letter, "due": due})


async def remove(session: Session, letter: UUID) -> None:
    await session.execute(_REMOVE, {"letter": letter})


async def remove_expired(session: Session, now: datetime) -> int:
    return await session.execute(_EXPIRED, {"now": now})


async def newest(session: ReadSession, most: int) -> Sequence[Row[Any]]:
    return await session.all(_NEWEST, {"most": most})


async def one(session: ReadSession, letter: UUID) -> Row[Any] | None:
    return await session.first(_ONE, {"letter": letter})
