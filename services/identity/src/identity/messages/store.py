"""Read and change the e-mails and SMS that wait to be sent, and those that a laptop shows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, insert, select, update

from chassis.database import ReadSession, Session
from identity.messages.tables import mail

_CREATE = insert(mail)
_DUE = (
    select(mail.c.id)
    .where(
        mail.c.due_at <= bindparam("now"),
        mail.c.expires_at > bindparam("now"),
        mail.c.channel.in_(bindparam("channels", expanding=True)),
    )
    .order_by(mail.c.due_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
_CLAIM_DUE = (
    update(mail)
    .where(mail.c.id.in_(_DUE))
    .values(due_at=bindparam("until"), tries=mail.c.tries + 1)
    .returning(mail)
)
_RESCHEDULE = update(mail).where(mail.c.id == bindparam("message")).values(due_at=bindparam("due"))
_DELETE = delete(mail).where(mail.c.id == bindparam("message"))
_PURGE = delete(mail).where(mail.c.expires_at <= bindparam("now")).returning(mail.c.due_at)
_IN_CHANNELS = mail.c.channel.in_(bindparam("channels", expanding=True))
_LIST_NEWEST = select(mail).where(_IN_CHANNELS).order_by(mail.c.id.desc()).limit(bindparam("limit"))
_GET = select(mail).where(_IN_CHANNELS, mail.c.id == bindparam("message"))


async def create(session: Session, values: dict[str, Any]) -> None:
    """Create a message."""
    await session.execute(_CREATE, values)


async def claim_due(
    session: Session, now: datetime, lease: timedelta, limit: int, channels: Sequence[str]
) -> Sequence[Row[Any]]:
    """Claim messages of these channels that are due: no other process gets them until the lease ends."""
    values = {"now": now, "until": now + lease, "limit": limit, "channels": list(channels)}
    return await session.all(_CLAIM_DUE, values)


async def reschedule(session: Session, message_id: UUID, due: datetime | None) -> None:
    """Set when a message is due again; None: never, a laptop shows it."""
    await session.execute(_RESCHEDULE, {"message": message_id, "due": due})


async def delete_message(session: Session, message_id: UUID) -> None:
    """Delete a message."""
    await session.execute(_DELETE, {"message": message_id})


async def purge(session: Session, now: datetime) -> int:
    """Delete expired messages, and return how many of them were still to be sent."""
    rows = await session.all(_PURGE, {"now": now})
    return sum(row.due_at is not None for row in rows)


async def list_newest(session: ReadSession, limit: int, channels: Sequence[str]) -> Sequence[Row[Any]]:
    """List messages of these channels, newest first."""
    return await session.all(_LIST_NEWEST, {"limit": limit, "channels": list(channels)})


async def get(session: ReadSession, message_id: UUID, channels: Sequence[str]) -> Row[Any] | None:
    """Get a message, when it is of one of these channels."""
    return await session.first(_GET, {"message": message_id, "channels": list(channels)})
