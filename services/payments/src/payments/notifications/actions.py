"""Take a processor's notification: a hint to look again at the processor, and no more than that."""

from collections.abc import Mapping
from uuid import UUID

from chassis import ids
from chassis.database import Session
from chassis.jobs import CallContext, enqueue
from chassis.problems import Problem
from payments.disputes.actions import disputes
from payments.gateway_accounts.actions import accounts
from payments.payments.actions import payments, processor_calls
from payments.payments.rules.states import Status
from payments.processors.actions.registry import find_processor, settings_of
from payments.processors.rules import ForgedNotificationError, Notification, Topic
from payments.refunds import actions as refunds

_REFUSED = "The notification is not signed with the account's secret, or it is too old."


async def receive(
    context: CallContext, council: str, account_id: UUID, body: bytes, headers: Mapping[str, str]
) -> None:
    """Check a notification and look again at what it is about. Raises Problem 401, of strangers too."""
    settings = settings_of(context)
    async with context.database.reading(council) as session:
        account = await accounts.find_by_id(session, council, account_id)
        secret = await accounts.find_webhook_secret(session, settings, council, account_id)
    processor = find_processor(context, council, account.processor) if account else None
    if processor is None or secret is None:
        raise Problem(401, "wrong-signature", _REFUSED)
    try:
        notification = processor.read_notification(body, headers, secret)
    except ForgedNotificationError as error:
        raise Problem(401, "wrong-signature", _REFUSED) from error
    if notification is not None:
        async with context.database.writing(council) as session:
            await _look_again(session, council, account_id, notification)


async def _look_again(session: Session, council: str, account_id: UUID, notification: Notification) -> None:
    """Enqueue the call that reads the object at the processor. What is told often waits once."""
    provider_id = notification.provider_id
    if notification.topic is Topic.DISPUTE:
        await disputes.begin_read(session, council, account_id, provider_id)
        return
    if notification.topic is Topic.REFUND:
        await refunds.begin_read(session, council, account_id, provider_id)
        return
    row = await payments.find_by_provider_id(session, council, account_id, provider_id)
    if row is None:
        return
    if notification.topic is Topic.CAPTURE and row.status == Status.CAPTURING:
        await processor_calls.begin_capture(session, council, row.id)
    elif notification.topic is Topic.AUTHORISATION and row.status == Status.CHALLENGED:
        data = processor_calls.ReadChallenge(payment=row.id)
        await enqueue(session, data, council=council, key=ids.show(row.id))
