"""What a service publishes by webhooks: kinds of subscription, and ``send``.

A kind is data: its event types, the shape of its bodies, its headers, and when it is tried again. A service
with an outside contract, as GOV.UK Pay's, has a kind for it beside its own.
"""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.jobs import Every, NewJob, Purge, enqueue_all
from chassis.webhooks import store
from chassis.webhooks.store import DeliverWebhook, Status

MAX_BODY = 262_144
"""Characters. A receiver takes more by reading what the event is about."""
_MAX_SECONDS = 20.0
_MAX_WAIT = timedelta(days=7)
_TYPE_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Message:
    """An event for one subscription. ``id`` is the delivery's, in its outside form: ``webhook-id``."""

    id: str
    event_type: str
    created_at: datetime
    resource: str
    data: Mapping[str, Any]


def write_standard_body(message: Message) -> Mapping[str, Any]:
    """Write the body that Standard Webhooks recommends."""
    created_at = message.created_at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {"type": message.event_type, "timestamp": created_at, "data": message.data}


def _add_no_headers(_body: bytes, _secrets: Sequence[str]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Kind:
    """A kind of subscription.

    ``waits``: seconds from a failed attempt to the next one; after the last it is given up. ``seconds``: how
    long an attempt may take. ``make_headers`` makes headers besides those of Standard Webhooks, from the body
    as it is sent and the subscription's secrets: the current one first, and the one before in its overlap.
    """

    name: str
    event_types: Sequence[str]
    write_body: Callable[[Message], Mapping[str, Any]] = write_standard_body
    make_headers: Callable[[bytes, Sequence[str]], Mapping[str, str]] = _add_no_headers
    waits: Sequence[float] = (60, 300, 3600, 86_400, 172_800)  # GOV.UK Pay's
    seconds: float = 3.0
    retention: timedelta = timedelta(days=7)

    def __post_init__(self) -> None:
        """Check what a service declares."""
        longest = max((len(event_type) for event_type in self.event_types), default=0)
        if not 0 < longest <= _TYPE_LENGTH:
            raise ValueError(f"{self.name}: event types of 1 to {_TYPE_LENGTH} characters are needed")
        if not 0 < self.seconds <= _MAX_SECONDS:
            raise ValueError(f"{self.name}: an attempt takes up to {_MAX_SECONDS:.0f} s")
        if timedelta(seconds=sum(self.waits)) > min(self.retention, _MAX_WAIT):
            raise ValueError(f"{self.name}: a body must be kept until its last attempt, for 7 days at most")


ReadData = Callable[[], Awaitable[Mapping[str, Any]]]
ListScopes = Callable[[ReadSession, str, Caller], Awaitable[Collection[str] | None]]


async def list_all_scopes(_session: ReadSession, _council: str, _caller: Caller) -> None:
    """Let a caller see the subscriptions of every scope, and those without one."""


@dataclass(frozen=True)
class Webhooks:
    """A service's webhooks. ``permission``: the OAuth scope that the API needs.

    ``list_scopes`` lists the scopes of subscriptions that a caller may see and make, None for all: with
    accounts, those of the caller's key.
    """

    kinds: Sequence[Kind]
    permission: str
    list_scopes: ListScopes = list_all_scopes

    @property
    def by_name(self) -> Mapping[str, Kind]:
        """Map the kinds by their names."""
        return {kind.name: kind for kind in self.kinds}

    @property
    def purges(self) -> Sequence[Purge]:
        """List what deletes deliveries that have expired."""
        return [Purge("webhooks.purge_deliveries", Every(3600), store.purge_deliveries)]

    async def send(
        self,
        session: Session,
        council: str,
        event_type: str,
        data: Mapping[str, Any] | ReadData,
        *,
        resource: str = "",
        scope: str | None = None,
        mode: str = "live",
    ) -> int:
        """Send an event to those who subscribe, when this transaction commits; return how many do.

        It is one statement if nobody does; ``data`` may be a function, which is called if somebody does.
        Subscriptions with a scope get what is sent with it, those without
        one all of their mode. Raises ValueError for an unknown type, and a body over 262,144 characters.
        """
        if not any(event_type in kind.event_types for kind in self.kinds):
            raise ValueError(f"no kind of webhook has the event type {event_type}")
        subscribers = await store.list_subscribers(session, council, event_type, scope, mode)
        now, kinds = clock.now(), self.by_name
        if not subscribers:
            return 0
        content = await data() if callable(data) else data
        rows = [
            _make_row(kinds[subscriber.kind], subscriber.id, event_type, content, resource, now)
            for subscriber in subscribers
            if subscriber.kind in kinds
        ]
        if rows:
            await store.insert_deliveries(session, council, rows)
            await enqueue_all(session, (NewJob(DeliverWebhook(delivery=row["id"]), council) for row in rows))
        return len(rows)


def _make_row(
    kind: Kind, subscription: Any, event_type: str, data: Mapping[str, Any], resource: str, now: datetime
) -> dict[str, Any]:
    """Make the row of a delivery, with its body as it is going to be sent."""
    delivery_id = ids.new()
    message = Message(ids.show(delivery_id), event_type, now, resource, data)
    body = json.dumps(kind.write_body(message), ensure_ascii=False, separators=(",", ":"))
    if len(body) > MAX_BODY:
        raise ValueError(f"{event_type} is {len(body)} characters; a webhook has {MAX_BODY} at most")
    return {
        "id": delivery_id,
        "subscription": subscription,
        "event_type": event_type,
        "resource": resource,
        "body": body,
        "status": Status.PENDING,
        "next_at": now,
        "created_at": now,
        "expires_at": now + kind.retention,
    }
