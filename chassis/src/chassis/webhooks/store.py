"""SQL of subscriptions, deliveries and attempts.

What the API reads is seen through ``Access``: a council, the caller's mode, and the scopes they may see.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row, TextClause, bindparam, insert, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import DateTime, Text
from sqlalchemy.types import Uuid as UuidType

from chassis import clock, ids, tables
from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from chassis.jobs import CallData

_FIRST, _LAST = UUID(int=0), UUID(int=2**128 - 1)
_LISTED_ATTEMPTS = 100


class DeliverWebhook(CallData):
    """Sends one delivery; ``run`` counts its replays."""

    kind: ClassVar[str] = "webhooks.deliver"
    delivery: ids.Id
    run: int = 1


class Status(StrEnum):
    """Where a delivery is."""

    PENDING = "pending"  # has an attempt to come
    DELIVERED = "delivered"
    FAILED = "failed"  # its last attempt failed
    CANCELLED = "cancelled"  # the subscription was disabled before it was delivered


@dataclass(frozen=True, slots=True)
class Access:
    """Whose subscriptions a caller sees. ``scopes``: None for all."""

    council: str
    mode: str
    scopes: Collection[str] | None

    def bind(self, **values: Any) -> dict[str, Any]:
        """Make a statement's parameters."""
        scopes = None if self.scopes is None else list(self.scopes)
        return {"council": self.council, "mode": self.mode, "scopes": scopes, **values}


_SEEN = "council = :council AND mode = :mode AND (:scopes IS NULL OR scope = ANY(:scopes))"
_SCOPES = bindparam("scopes", type_=ARRAY(Text))
# The rows are locked as the foreign key of deliveries locks them: one that is removed meanwhile is left out.
_SUBSCRIBERS = text("""SELECT id, kind FROM webhook_subscription
    WHERE council = :council AND mode = :mode AND enabled AND (scope IS NULL OR scope = CAST(:scope AS text))
    AND event_types @> ARRAY[CAST(:event_type AS text)] ORDER BY id FOR KEY SHARE""")
_INSERT_SUBSCRIPTION = insert(tables.webhook_subscription)
_INSERT_DELIVERY = insert(tables.webhook_delivery)
_INSERT_ATTEMPT = insert(tables.webhook_attempt)
_COUNT = text("SELECT count(*) FROM webhook_subscription WHERE council = :council")
_LIST = text(f"""SELECT * FROM webhook_subscription WHERE {_SEEN} AND id > :after
    ORDER BY id LIMIT :most""").bindparams(_SCOPES, bindparam("after", type_=UuidType))  # noqa: S608
_GET = text(f"SELECT * FROM webhook_subscription WHERE {_SEEN} AND id = :id").bindparams(_SCOPES)  # noqa: S608
_LOCK = text(f"{_GET.text} FOR UPDATE").bindparams(_SCOPES)
_UPDATE = text("""UPDATE webhook_subscription SET url = :url, event_types = :event_types,
    description = :description, enabled = :enabled, secret = :secret, previous_secret = :previous_secret,
    previous_until = :previous_until, updated_at = :now, version = version + 1
    WHERE council = :council AND id = :id RETURNING *""").bindparams(
    bindparam("event_types", type_=ARRAY(Text)),
    bindparam("previous_until", type_=DateTime(timezone=True)),
    bindparam("now", type_=DateTime(timezone=True)),
)
_DELETE = text(f"DELETE FROM webhook_subscription WHERE {_SEEN} AND id = :id").bindparams(_SCOPES)  # noqa: S608
_GET_MESSAGE = text("""SELECT d.id, d.body, d.status, d.run, d.expires_at, s.id AS subscription,
        s.kind, s.url, s.enabled, s.secret, s.previous_secret, s.previous_until
    FROM webhook_delivery d JOIN webhook_subscription s ON s.council = d.council AND s.id = d.subscription
    WHERE d.council = :council AND d.id = :id""")
_LOCK_DELIVERY = text("""SELECT subscription, status, run, tries, attempts, next_at FROM webhook_delivery
    WHERE council = :council AND id = :id FOR UPDATE""")
_SET_STATE = text("""UPDATE webhook_delivery SET status = :status, run = :run, tries = :tries,
    attempts = :attempts, next_at = :next_at WHERE council = :council AND id = :id""").bindparams(
    bindparam("next_at", type_=DateTime(timezone=True))
)
_SET_HEALTH = text("""UPDATE webhook_subscription SET failing_since = :since
    WHERE council = :council AND id = :id
    AND (failing_since IS NULL) <> (:since IS NULL)""").bindparams(
    bindparam("since", type_=DateTime(timezone=True))
)
_DELIVERY_FIELDS = "id, subscription, event_type, resource, status, attempts, next_at, created_at, expires_at"
_BY_RESOURCE = text(f"""SELECT {_DELIVERY_FIELDS} FROM webhook_delivery
    WHERE council = :council AND resource = :resource ORDER BY id LIMIT :most""")  # noqa: S608
_SEEN_DELIVERY = f"""council = :council AND EXISTS (SELECT FROM webhook_subscription
    WHERE {_SEEN} AND id = webhook_delivery.subscription)"""
_GET_DELIVERY = text(f"""SELECT {_DELIVERY_FIELDS}, body, run FROM webhook_delivery
    WHERE {_SEEN_DELIVERY} AND id = :id""").bindparams(_SCOPES)  # noqa: S608
_LIST_DELIVERIES = f"""SELECT {_DELIVERY_FIELDS} FROM webhook_delivery
    WHERE {_SEEN_DELIVERY} AND id < :before<filters> ORDER BY id DESC LIMIT :most"""  # noqa: S608
_LIST_ATTEMPTS = text(f"""SELECT n, at, status_code, milliseconds, error FROM webhook_attempt
    WHERE council = :council AND delivery = :id ORDER BY n DESC LIMIT {_LISTED_ATTEMPTS}""")  # noqa: S608
_PURGE = delete_batch(tables.webhook_delivery, tables.webhook_delivery.c.expires_at < bindparam("now"))


@cache
def _make_list(filters: tuple[str, ...]) -> TextClause:
    """Make the statement that lists deliveries by some columns, the newest first."""
    conditions = "".join(f" AND {name} = :{name}" for name in filters)
    return text(_LIST_DELIVERIES.replace("<filters>", conditions)).bindparams(_SCOPES)


async def list_subscribers(
    session: Session, council: str, event_type: str, scope: str | None, mode: str
) -> Sequence[Row[Any]]:
    """List the subscriptions that get an event of a type, scope and mode: id and kind."""
    values = {"council": council, "event_type": event_type, "scope": scope, "mode": mode}
    return await session.all(_SUBSCRIBERS, values)


async def insert_deliveries(session: Session, council: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert deliveries."""
    await session.execute(_INSERT_DELIVERY, [{**row, "council": council} for row in rows])


async def insert_subscription(session: Session, row: Mapping[str, Any]) -> None:
    """Insert a subscription."""
    await session.execute(_INSERT_SUBSCRIPTION, [row])


async def count_subscriptions(session: ReadSession, council: str) -> int:
    """Count a council's subscriptions of every mode and scope."""
    return int(await session.scalar(_COUNT, {"council": council}))


async def list_subscriptions(
    session: ReadSession, access: Access, after: UUID | None, most: int
) -> Sequence[Row[Any]]:
    """List subscriptions, the oldest first."""
    return await session.all(_LIST, access.bind(after=after or _FIRST, most=most))


async def get_subscription(session: ReadSession, access: Access, subscription: UUID) -> Row[Any] | None:
    """Read a subscription."""
    return await session.first(_GET, access.bind(id=subscription))


async def lock_subscription(session: Session, access: Access, subscription: UUID) -> Row[Any] | None:
    """Lock a subscription."""
    return await session.first(_LOCK, access.bind(id=subscription))


async def update_subscription(session: Session, row: Mapping[str, Any], now: datetime) -> Row[Any]:
    """Write a subscription that is locked, and raise its version."""
    updated = await session.first(_UPDATE, {**row, "now": now})
    if updated is None:
        raise LookupError("the subscription that was locked is gone")
    return updated


async def delete_subscription(session: Session, access: Access, subscription: UUID) -> bool:
    """Delete a subscription with its deliveries."""
    return await session.execute(_DELETE, access.bind(id=subscription)) > 0


async def get_message(session: ReadSession, council: str, delivery: UUID) -> Row[Any] | None:
    """Read what is to be sent, where, and with which sealed secrets."""
    return await session.first(_GET_MESSAGE, {"council": council, "id": delivery})


async def lock_delivery(session: Session, council: str, delivery: UUID) -> Row[Any] | None:
    """Lock a delivery and read its state."""
    return await session.first(_LOCK_DELIVERY, {"council": council, "id": delivery})


async def set_state(session: Session, council: str, delivery: UUID, **state: Any) -> None:
    """Write a delivery's state: status, run, tries, attempts, next_at."""
    await session.execute(_SET_STATE, {"council": council, "id": delivery, **state})


async def insert_attempt(session: Session, council: str, delivery: UUID, **attempt: Any) -> None:
    """Log an attempt."""
    await session.execute(_INSERT_ATTEMPT, [{"council": council, "delivery": delivery, **attempt}])


async def set_health(session: Session, council: str, subscription: UUID, since: datetime | None) -> None:
    """Write since when a subscription fails, at the first failure and the first success after it."""
    await session.execute(_SET_HEALTH, {"council": council, "id": subscription, "since": since})


async def list_deliveries(
    session: ReadSession, access: Access, before: UUID | None, most: int, **filters: Any
) -> Sequence[Row[Any]]:
    """List deliveries without their bodies, the newest first. ``filters``: columns and their values."""
    used = {name: value for name, value in filters.items() if value is not None}
    values = access.bind(before=before or _LAST, most=most, **used)
    return await session.all(_make_list(tuple(sorted(used))), values)


async def list_by_resource(
    session: ReadSession, council: str, resource: str, most: int
) -> Sequence[Row[Any]]:
    """List what was sent about a resource, to whichever subscription, the oldest first."""
    return await session.all(_BY_RESOURCE, {"council": council, "resource": resource, "most": most})


async def get_delivery(session: ReadSession, access: Access, delivery: UUID) -> Row[Any] | None:
    """Read a delivery with its body."""
    return await session.first(_GET_DELIVERY, access.bind(id=delivery))


async def list_attempts(session: ReadSession, council: str, delivery: UUID) -> Sequence[Row[Any]]:
    """List a delivery's last hundred attempts, the newest first."""
    return await session.all(_LIST_ATTEMPTS, {"council": council, "id": delivery})


async def purge_deliveries(session: Session, most: int) -> int:
    """Delete a batch of the deliveries that have expired, with their attempts."""
    return await session.execute(_PURGE, {"now": clock.now(), "most": most})
