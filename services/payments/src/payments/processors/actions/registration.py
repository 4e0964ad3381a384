"""Have processors notify us: each account has a URL and a secret of its own."""

from chassis import ids
from chassis.jobs import CallContext, Job, JobHandlers, RefusedError
from payments.gateway_accounts.actions import accounts
from payments.gateway_accounts.actions.accounts import RegisterWebhook
from payments.processors.actions.registry import find_processor, settings_of
from payments.processors.rules import RefusedByProcessorError

handlers = JobHandlers()


@handlers.call(RegisterWebhook, limit=20)
async def register_webhook(context: CallContext, job: Job[RegisterWebhook]) -> None:
    """Give an account its secret, and its processor our URL. Without the processor there is nothing to do."""
    settings, council, account_id = settings_of(context), job.council, job.data.account
    async with context.database.writing(council) as session:
        account = await accounts.get_by_id(session, council, account_id)
        secret = await accounts.make_webhook_secret(session, settings, council, account_id)
    processor = find_processor(context, council, account.processor)
    if processor is None:
        return
    merchant = ids.show(account_id)
    url = f"{settings.notified_origin}/{council}/payments/notifications/{merchant}"
    try:
        await processor.register_webhook(job.idempotency_key, merchant, url, secret)
    except RefusedByProcessorError as error:
        raise RefusedError(str(error)) from error
