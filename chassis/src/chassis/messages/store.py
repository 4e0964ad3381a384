"""Read and change the messages that wait to be sent, and those that a laptop shows."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from chassis.tables import message

_CREATE = insert(message)
_ONE = (message.c.council == bindparam("council_"), message.c.id == bindparam("id_"))
_BEGIN_TRY = update(message).where(*_ONE).values(tries=message.c.tries + 1).returning(message)
_DELETE = delete(message).where(*_ONE)
_PURGE = delete_batch(message, message.c.expires_at <= func.now())
_IN_CHANNELS = message.c.channel.in_(bindparam("channels", expanding=True))
_LIST_NEWEST = (
    select(message)
    .where(_IN_CHANNELS, message.c.expires_at > bindparam("now"))
    .order_by(message.c.id.desc())
    .limit(bindparam("limit"))
)
_GET = select(message).where(_IN_CHANNELS, message.c.id == bindparam("id_"))
_LIST_TO = select(message).where(message.c.recipient == bindparam("to")).order_by(message.c.id)


async def create(session: Session, values: dict[str, Any]) -> None:
    """Create a message."""
    await session.execute(_CREATE, values)


async def begin_try(session: Session, council: str, message_id: UUID) -> Row[Any] | None:
    """Count a try to send a message and return it; None if it is gone."""
    return await session.first(_BEGIN_TRY, {"council_": council, "id_": message_id})


async def delete_message(session: Session, council: str, message_id: UUID) -> None:
    """Delete a message."""
    await session.execute(_DELETE, {"council_": council, "id_": message_id})


async def purge(session: Session, most: int) -> int:
    """Delete a batch of the messages that have expired; return how many."""
    return await session.execute(_PURGE, {"most": most})


async def list_newest(
    session: ReadSession, now: object, limit: int, channels: Sequence[str]
) -> Sequence[Row[Any]]:
    """List messages of these channels that have not expired, newest first."""
    return await session.all(_LIST_NEWEST, {"now": now, "limit": limit, "channels": list(channels)})


async def get(session: ReadSession, message_id: UUID, channels: Sequence[str]) -> Row[Any] | None:
    """Get a message, when it is of one of these channels."""
    return await session.first(_GET, {"id_": message_id, "channels": list(channels)})


async def list_to(session: ReadSession, recipient: str) -> Sequence[Row[Any]]:
    """List the messages to an address or a number, oldest first."""
    return await session.all(_LIST_TO, {"to": recipient})
