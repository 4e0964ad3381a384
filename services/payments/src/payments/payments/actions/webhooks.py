"""GOV.UK Pay's webhooks: what became of a payment, signed as Pay does and by Standard Webhooks."""

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.webhooks import Kind, Message, Webhooks
from payments.gateway_accounts.actions import accounts
from payments.payments.actions.payment_json import write_payment
from payments.payments.rules.states import Status
from payments.payments.schemas.responses import show_instant
from payments.payments.store import payments as store

REFUNDED = "card_payment_refunded"
SETTLED = "card_payment_settled"
_FAILED = "card_payment_failed"
_TYPES = {
    Status.CAPTURABLE: "card_payment_succeeded",
    Status.CAPTURING: "card_payment_succeeded",
    Status.CAPTURED: "card_payment_captured",
    Status.DECLINED: _FAILED,
    Status.ERROR: _FAILED,
    Status.CANCELLED_BY_USER: _FAILED,
    Status.CANCELLED_BY_SERVICE: _FAILED,
    Status.EXPIRED: "card_payment_expired",
}


def _write_body(message: Message) -> Mapping[str, Any]:
    return {
        "webhook_message_id": message.id,
        "api_version": 1,
        "created_date": show_instant(message.created_at),
        "resource_id": message.resource,
        "resource_type": "payment",
        "event_type": message.event_type,
        "resource": message.data,
    }


def _sign(body: bytes, secrets: Sequence[str]) -> Mapping[str, str]:
    """Sign as Pay does: HMAC-SHA256 of the body as it is sent, in lower-case hexadecimal."""
    return {"Pay-Signature": hmac.new(secrets[0].encode(), body, hashlib.sha256).hexdigest()}


async def _list_accounts(session: ReadSession, council: str, caller: Caller) -> Collection[str]:
    account = await accounts.find_account(session, council, caller)
    return [] if account is None else [ids.show(account.id)]


GOVUK_PAY = Kind(
    "govuk-pay", sorted({*_TYPES.values(), REFUNDED, SETTLED}), write_body=_write_body, make_headers=_sign
)
webhooks = Webhooks([GOVUK_PAY], permission="payments:webhooks", list_scopes=_list_accounts)


async def send_change(session: Session, row: Row[Any], status: Status) -> None:
    """Send what a payment came to, if Pay has an event for it. ``row``: as it was before the change."""
    event_type = _TYPES.get(status)
    has_succeeded = status is Status.CAPTURING and row.status == Status.CAPTURABLE  # it succeeded before
    if event_type is not None and not has_succeeded:
        await send(session, row, event_type)


async def send(session: Session, row: Row[Any], event_type: str) -> None:
    """Send an event of a payment to those who subscribe to its account."""

    async def read() -> Mapping[str, Any]:
        present = await store.find_payment(session, row.council, row.id)
        return {} if present is None else write_payment(present).model_dump(mode="json")

    await webhooks.send(
        session,
        row.council,
        event_type,
        read,
        resource=ids.show(row.id),
        scope=ids.show(row.account),
        mode=row.mode,
    )
