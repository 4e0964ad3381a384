"""The API of webhooks, the same in every service: ``/{council}/{service}/webhooks/v1``."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis import ids
from chassis.auth import Caller, permission, signed_in
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Pager, Paging
from chassis.problems import document_problems, invalid
from chassis.types import Slug
from chassis.webhooks import store, subscriptions
from chassis.webhooks.publisher import Webhooks
from chassis.webhooks.schemas import (
    NewWebhookSecret,
    NewWebhookSubscription,
    WebhookDelivery,
    WebhookDeliveryDetail,
    WebhookSubscription,
    WebhookSubscriptionChange,
    WebhookSubscriptionWithSecret,
)
from chassis.webhooks.store import Status
from chassis.webhooks.subscriptions import ApiContext

_router = APIRouter(tags=["webhooks"])
_ONE = "/subscriptions/{subscription}"


def make_router(service: str, webhooks: Webhooks) -> APIRouter:
    """Make the router of a service's webhooks; its permission is required of every operation."""
    router = APIRouter()
    prefix = f"/{{council}}/{service}/webhooks/v1"
    router.include_router(_router, prefix=prefix, dependencies=[permission(webhooks.permission)])
    return router


async def _make_context(request: Request, council: Slug, caller: Annotated[Caller, signed_in]) -> ApiContext:
    state = request.app.state
    return ApiContext(state.service.webhooks, state.settings, council, caller)


Context = Annotated[ApiContext, Depends(_make_context)]


def _show(row: Any) -> WebhookSubscription:
    return WebhookSubscription.model_validate(row, from_attributes=True)


def _tag(created: Any) -> Mapping[str, str]:
    return version_tag(created.version)


@_router.post("/subscriptions", status_code=201, response_model=WebhookSubscriptionWithSecret,
              responses=document_problems(409))  # fmt: skip
async def create_webhook_subscription(
    context: Context, body: NewWebhookSubscription, session: Writing, once: OnlyOnce, request: Request
) -> Response:
    """Subscribe a URL to events. Keep the `secret` of the response: it is not shown again.

    Messages are signed by the convention Standard Webhooks, in the headers `webhook-id`, `webhook-timestamp`
    and `webhook-signature`. They come at least once and in any order: `webhook-id` tells you if you have had
    one. Answer with a 2xx status within 3 seconds, else the message is sent again.
    """
    return await once.run(
        session,
        context.caller,
        body,
        lambda: subscriptions.create(session, context, body),
        headers=lambda created: {**_tag(created), "Location": f"{request.url.path}/{ids.show(created.id)}"},
        secret="secret",  # noqa: S106 - the name of the member
        restore=partial(subscriptions.restore_secret, session, context),
    )


@_router.get("/subscriptions")
async def list_webhook_subscriptions(
    context: Context, session: Reading, paging: Paging
) -> Page[WebhookSubscription]:
    """List subscriptions, the oldest first. `failing_since` says which of them get nothing."""
    access = await context.read_access(session)
    rows = await store.list_subscriptions(session, access, _read_cursor(paging), paging.fetch)
    return paging.page(rows, _show, lambda row: (ids.show(row.id),))


@_router.get(_ONE, responses={200: ETAG, **document_problems(404)})
async def read_webhook_subscription(
    context: Context, subscription: ids.Id, session: Reading, response: Response
) -> WebhookSubscription:
    """Get a subscription. Its version is the ETag."""
    row = await subscriptions.get(session, context, subscription)
    response.headers.update(version_tag(row.version))
    return _show(row)


@_router.patch(_ONE, responses={200: ETAG, **document_problems(404, 412, 428)})
async def change_webhook_subscription(
    context: Context,
    subscription: ids.Id,
    body: WebhookSubscriptionChange,
    session: Writing,
    precondition: IfMatch,
    response: Response,
) -> WebhookSubscription:
    """Change a subscription, or disable it. Messages that wait for it go to the new URL, or are cancelled."""
    row = await subscriptions.change(session, context, subscription, body, precondition)
    response.headers.update(version_tag(row.version))
    return _show(row)


@_router.delete(_ONE, status_code=204, responses=document_problems(404))
async def delete_webhook_subscription(context: Context, subscription: ids.Id, session: Writing) -> None:
    """Delete a subscription with its messages and their log."""
    await subscriptions.remove(session, context, subscription)


@_router.post(f"{_ONE}/secrets", status_code=201, response_model=WebhookSubscriptionWithSecret,
              responses=document_problems(404, 409, 412, 428))  # fmt: skip
async def replace_webhook_secret(
    context: Context,
    subscription: ids.Id,
    body: NewWebhookSecret,
    session: Writing,
    precondition: IfMatch,
    once: OnlyOnce,
) -> Response:
    """Replace the secret. For `overlap_hours` messages bear signatures by both, for you to change over."""
    return await once.run(
        session,
        context.caller,
        body,
        lambda: subscriptions.replace_secret(session, context, subscription, body, precondition),
        headers=_tag,
        secret="secret",  # noqa: S106 - the name of the member
        restore=partial(subscriptions.restore_secret, session, context),
    )


@_router.get("/deliveries")
async def list_webhook_deliveries(
    context: Context,
    session: Reading,
    paging: Paging,
    subscription: Annotated[ids.Id | None, Query(description="Those of one subscription")] = None,
    status: Annotated[Status | None, Query(description="Those with one status")] = None,
) -> Page[WebhookDelivery]:
    """List messages of the last days, the newest first."""
    access, before = await context.read_access(session), _read_cursor(paging)
    filters = {"subscription": subscription, "status": status}
    rows = await store.list_deliveries(session, access, before, paging.fetch, **filters)
    return paging.page(
        rows,
        lambda row: WebhookDelivery.model_validate(row, from_attributes=True),
        lambda row: (ids.show(row.id),),
    )


@_router.get("/deliveries/{delivery}", responses=document_problems(404))
async def read_webhook_delivery(
    context: Context, delivery: ids.Id, session: Reading
) -> WebhookDeliveryDetail:
    """Get a message with its body, and the log of its attempts."""
    return await subscriptions.get_delivery(session, context, delivery)


@_router.post("/deliveries/{delivery}/replay", status_code=202, responses=document_problems(404, 409))
async def replay_webhook_delivery(
    context: Context, delivery: ids.Id, session: Writing
) -> WebhookDeliveryDetail:
    """Send a message again now, delivered or not, with the same `webhook-id` and body."""
    return await subscriptions.replay(session, context, delivery)


def _read_cursor(paging: Pager) -> UUID | None:
    start = paging.start(str)
    try:
        return ids.read(start[0]) if start else None
    except ValueError:
        raise invalid("query.after", "is not a cursor of this list", "bad_cursor") from None
