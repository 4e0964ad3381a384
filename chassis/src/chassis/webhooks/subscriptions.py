"""What the API does with subscriptions and deliveries.

A caller sees those of their council, of their credential's mode, and of the scopes that the service lets them
see (``Webhooks.list_scopes``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.outbound import OutboundError
from chassis.outbound.connections import choose_rule
from chassis.problems import Problem, conflict, invalid, not_found
from chassis.settings import Settings
from chassis.webhooks import deliveries, schemas, signatures, store
from chassis.webhooks.publisher import Kind, Webhooks
from chassis.webhooks.store import Access

MAX_SUBSCRIPTIONS = 200
"""Of a council. Each is sent its own copy of every event."""
_SUBSCRIPTION, _DELIVERY = "subscription", "delivery"


@dataclass(frozen=True, slots=True)
class ApiContext:
    """The service's webhooks and settings, and who calls for which council."""

    webhooks: Webhooks
    settings: Settings
    council: str
    caller: Caller

    async def read_access(self, session: ReadSession) -> Access:
        """Read what the caller may see."""
        scopes = await self.webhooks.list_scopes(session, self.council, self.caller)
        return Access(self.council, self.caller.mode, scopes)


async def create(
    session: Session, context: ApiContext, body: schemas.NewWebhookSubscription
) -> schemas.WebhookSubscriptionWithSecret:
    """Create a subscription. Raises Problem 400, 403 or 409."""
    kind = _find_kind(context.webhooks, body.kind)
    _check_event_types(kind, body.event_types)
    check_url(body.url, context)
    access = await context.read_access(session)
    scope = _choose_scope(access, body.scope)
    if await store.count_subscriptions(session, context.council) >= MAX_SUBSCRIPTIONS:
        detail = f"A council has {MAX_SUBSCRIPTIONS} subscriptions at most. Delete one that is not used."
        raise conflict("too-many-subscriptions", detail)
    subscription, secret, now = ids.new(), signatures.create_secret(), clock.now()
    row = {
        **body.model_dump(exclude={"kind"}),
        "scope": scope,
        "council": context.council,
        "id": subscription,
        "kind": kind.name,
        "mode": context.caller.mode,
        "event_types": _order(body.event_types),
        "secret": signatures.seal_secret(context.settings, subscription, secret),
        "created_by": {**context.caller.record(), "client_id": context.caller.client_id},
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }
    await store.insert_subscription(session, row)
    unset = {"failing_since": None, "previous_until": None}
    return schemas.WebhookSubscriptionWithSecret.model_validate({**row, **unset, "secret": secret})


def _choose_scope(access: Access, requested: str | None) -> str | None:
    """Choose the scope of a subscription: the one it names, or the only one that the caller has."""
    if access.scopes is None:
        return requested
    if requested is None and len(access.scopes) == 1:
        return next(iter(access.scopes))
    if requested not in access.scopes:
        raise Problem(403, "wrong-scope", "This credential is not for that scope. Name one that it is for.")
    return requested


async def restore_secret(session: Session, context: ApiContext, stored_body: dict[str, Any]) -> str:
    """Show a secret again in the repeated answer to its request. Raises Problem 409 if it was replaced."""
    row = await get(session, context, ids.read(stored_body["id"]))
    if row.version != stored_body["version"]:
        detail = "The subscription has changed since that request. Replace its secret to see a new one."
        raise conflict("secret-not-shown", detail)
    return signatures.open_secret(context.settings, row.id, row.secret)


async def get(session: ReadSession, context: ApiContext, subscription: UUID) -> Row[Any]:
    """Get a subscription. Raises Problem 404."""
    row = await store.get_subscription(session, await context.read_access(session), subscription)
    if row is None:
        raise not_found(_SUBSCRIPTION)
    return row


async def _lock(
    session: Session, context: ApiContext, subscription: UUID, precondition: Precondition
) -> Row[Any]:
    row = await store.lock_subscription(session, await context.read_access(session), subscription)
    if row is None:
        raise not_found(_SUBSCRIPTION)
    precondition.check(row.version, _SUBSCRIPTION)
    return row


async def change(
    session: Session,
    context: ApiContext,
    subscription: UUID,
    body: schemas.WebhookSubscriptionChange,
    precondition: Precondition,
) -> Row[Any]:
    """Change a subscription. Raises Problem 400, 404 or 412."""
    changes = body.model_dump(exclude_none=True)
    if body.url is not None:
        check_url(body.url, context)
    locked = await _lock(session, context, subscription, precondition)
    if body.event_types is not None:
        _check_event_types(_find_kind(context.webhooks, locked.kind), body.event_types)
        changes["event_types"] = _order(body.event_types)
    return await store.update_subscription(session, {**locked._asdict(), **changes}, clock.now())


async def replace_secret(
    session: Session,
    context: ApiContext,
    subscription: UUID,
    body: schemas.NewWebhookSecret,
    precondition: Precondition,
) -> schemas.WebhookSubscriptionWithSecret:
    """Replace a secret; the one before signs too for a while. Raises Problem 404 or 412."""
    locked = await _lock(session, context, subscription, precondition)
    secret, now = signatures.create_secret(), clock.now()
    changes = {
        "secret": signatures.seal_secret(context.settings, subscription, secret),
        "previous_secret": locked.secret if body.overlap_hours else None,
        "previous_until": now + timedelta(hours=body.overlap_hours) if body.overlap_hours else None,
    }
    row = await store.update_subscription(session, {**locked._asdict(), **changes}, now)
    return schemas.WebhookSubscriptionWithSecret.model_validate({**row._asdict(), "secret": secret})


async def remove(session: Session, context: ApiContext, subscription: UUID) -> None:
    """Remove a subscription with its deliveries. Raises Problem 404."""
    if not await store.delete_subscription(session, await context.read_access(session), subscription):
        raise not_found(_SUBSCRIPTION)


async def get_delivery(
    session: ReadSession, context: ApiContext, delivery: UUID
) -> schemas.WebhookDeliveryDetail:
    """Get a delivery with its log. Raises Problem 404."""
    row = await store.get_delivery(session, await context.read_access(session), delivery)
    if row is None:
        raise not_found(_DELIVERY)
    attempts = await store.list_attempts(session, context.council, delivery)
    log = [schemas.WebhookAttempt.model_validate(attempt, from_attributes=True) for attempt in attempts]
    return schemas.WebhookDeliveryDetail.model_validate({**row._asdict(), "log": log})


async def replay(session: Session, context: ApiContext, delivery: UUID) -> schemas.WebhookDeliveryDetail:
    """Send a delivery again now. Raises Problem 404 or 409."""
    access = await context.read_access(session)
    row = await store.get_delivery(session, access, delivery)
    if row is None:
        raise not_found(_DELIVERY)
    subscription = await store.get_subscription(session, access, row.subscription)
    if subscription is None or not subscription.enabled:
        raise conflict("subscription-disabled", "Its subscription is disabled. Enable that first.")
    await deliveries.replay(session, context.council, delivery)
    return await get_delivery(session, context, delivery)


def check_url(url: str, context: ApiContext) -> None:
    """Check where messages are to go. Raises Problem 400.

    A name's addresses are checked at each attempt; here only those that stand in the URL.
    """
    settings = context.settings
    if context.caller.mode == "live" and not url.startswith("https://"):
        raise invalid("body.url", "must be https")
    request = deliveries.make_request(url, settings)
    try:
        target = request.parse_target()
    except OutboundError as error:
        raise invalid("body.url", str(error)) from error
    is_allowed = choose_rule(request.reach, is_private_allowed=settings.outbound_private)
    if _is_address(target.host) and not is_allowed(target.host):
        raise invalid("body.url", "has a host whose address is not public")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _find_kind(webhooks: Webhooks, name: str | None) -> Kind:
    kind = webhooks.kinds[0] if name is None else webhooks.by_name.get(name)
    if kind is None:
        raise invalid("body.kind", f"is none of {', '.join(webhooks.by_name)}", "unknown_kind")
    return kind


def _check_event_types(kind: Kind, event_types: Sequence[str]) -> None:
    if not set(event_types) <= set(kind.event_types):
        names = ", ".join(kind.event_types)
        raise invalid("body.event_types", f"has a type that {kind.name} lacks: {names}", "unknown_event_type")


def _order(event_types: Sequence[str]) -> list[str]:
    return sorted(set(event_types))
