"""Letters and texts that wait to be sent, and those in a laptop's outbox."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, insert, select, update

from chassis.database import ReadSession, Session
from identity.messages.tables import mail

_ADD = insert(mail)
_DUE = (
    select(mail.c.id)
    .where(
        mail.c.due_at <= bindparam("now"),
        mail.c.expires_at > bindparam("now"),
        mail.c.channel.in_(bindparam("channels", expanding=True)),
    )
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
_EXPIRED = delete(mail).where(mail.c.expires_at <= bindparam("now")).returning(mail.c.due_at)
_SHOWN = mail.c.channel.in_(bindparam("channels", expanding=True))
_NEWEST = select(mail).where(_SHOWN).order_by(mail.c.id.desc()).limit(bindparam("most"))
_ONE = select(mail).where(_SHOWN, mail.c.id == bindparam("letter"))


async def add(session: Session, values: dict[str, Any]) -> None:
    await session.execute(_ADD, values)


async def claim(
    session: Session, now: datetime, lease: timedelta, most: int, channels: Sequence[str]
) -> Sequence[Row[Any]]:
    """Letters of these channels that are due, for this process alone until the lease ends."""
    values = {"now": now, "until": now + lease, "most": most, "channels": list(channels)}
    return await session.all(_CLAIM, values)


async def put_off(session: Session, letter: UUID, due: datetime | None) -> None:
    """Try again then; None: it stays in the outbox."""
    await session.execute(_PUT_OFF, {"letter": letter, "due": due})


async def remove(session: Session, letter: UUID) -> None:
    await session.execute(_REMOVE, {"letter": letter})


async def remove_expired(session: Session, now: datetime) -> int:
    """How many were still to be sent; those of an outbox have been where they were to go."""
    rows = await session.all(_EXPIRED, {"now": now})
    return sum(row.due_at is not None for row in rows)


async def newest(session: ReadSession, most: int, channels: Sequence[str]) -> Sequence[Row[Any]]:
    return await session.all(_NEWEST, {"most": most, "channels": list(channels)})


async def one(session: ReadSession, letter: UUID, channels: Sequence[str]) -> Row[Any] | None:
    return await session.first(_ONE, {"letter": letter, "channels": list(channels)})
