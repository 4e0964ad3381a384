"""Have processors notify us: each account has a URL and a secret of its own."""

from chassis import ids
from chassis.jobs import CallContext, Job, JobHandlers, RefusedError
from payments.gateway_accounts import actions as accounts
from payments.gateway_accounts.actions import RegisterWebhook
from payments.processors.actions.registry import make_processors
from payments.processors.rules import RefusedByProcessorError
from payments.settings import Settings

handlers = JobHandlers()


@handlers.call(RegisterWebhook, limit=20)
async def register_webhook(context: CallContext, job: Job[RegisterWebhook]) -> None:
    """Give an account its secret, and its processor our URL. Without the processor there is nothing to do."""
    settings, council, account_id = context.settings, job.council, job.data.account
    if not isinstance(settings, Settings):
        raise TypeError("these are not the settings of payments")
    async with context.database.writing(council) as session:
        account = await accounts.get_by_id(session, council, account_id)
        secret = await accounts.make_webhook_secret(session, settings, council, account_id)
    processor = context.share(make_processors).find(account.processor)
    if processor is None:
        return
    merchant = ids.show(account_id)
    url = f"{settings.notified_origin}/{council}/payments/notifications/{merchant}"
    try:
        await processor.register_webhook(job.idempotency_key, merchant, url, secret)
    except RefusedByProcessorError as error:
        raise RefusedError(str(error)) from error
