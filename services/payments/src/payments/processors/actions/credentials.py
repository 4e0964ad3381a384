"""Set the credentials of a live account at its processor: checked there, sealed, and never answered."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import audit, clock, ids
from chassis.audit import by_staff
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.jobs import CallContext
from chassis.problems import Problem, conflict, invalid, not_found
from payments.gateway_accounts.actions import accounts
from payments.gateway_accounts.actions.accounts import GatewayAccount
from payments.gateway_accounts.actions.management import AGGREGATE
from payments.processors import store
from payments.processors.actions.registry import get_processor, settings_of
from payments.processors.actions.sealed_keys import seal_key
from payments.processors.rules import ProcessorError, RefusedByProcessorError
from payments.processors.schemas import AccountCredentials, NewCredentials
from payments.settings import Settings

_LIVE = "live"
_NOUN = "credentials"


async def get(session: ReadSession, settings: Settings, council: str, account_id: UUID) -> AccountCredentials:
    """Say which credentials an account has. Raises Problem 404, of an account of the sandbox too."""
    account = await _get_live(session, council, account_id)
    return _describe(settings, council, account, await store.find_credential(session, council, account_id))


async def replace(
    context: CallContext,
    council: str,
    account_id: UUID,
    caller: Caller,
    precondition: Precondition,
    body: NewCredentials,
) -> AccountCredentials:
    """Set credentials, once the processor says whose they are. Raises Problem 400, 403, 404, 409, 412, 503.

    The processor is asked with no session open.
    """
    settings = settings_of(context)
    _require_live(caller)
    async with context.database.reading(council) as reader:
        account = await _get_live(reader, council, account_id)
        row = await store.find_credential(reader, council, account_id)
    precondition.check(row.version if row else 0, _NOUN)
    merchant = await _ask(context, council, account, body)
    if row is not None and row.merchant != merchant:
        detail = "The key is of another merchant account, which knows none of this account's payments."
        raise conflict("other-merchant", f"{detail} Create a gateway account for it.")
    values = {
        "council": council,
        "account": account_id,
        "secret_key": seal_key(settings, account_id, body.secret_key.get_secret_value()),
        "merchant": merchant,
        "version": row.version + 1 if row else 1,
        "updated_by": caller.subject,
        "created_at": row.created_at if row else clock.now(),
        "updated_at": clock.now(),
    }
    async with context.database.writing(council) as session:
        await _save(session, settings, caller, values, body)
        return await get(session, settings, council, account_id)


async def _save(
    session: Session, settings: Settings, caller: Caller, values: dict[str, Any], body: NewCredentials
) -> None:
    council, account_id = values["council"], values["account"]
    if not await store.save_credential(session, values):
        raise conflict("credentials-changed", "Somebody changed the credentials meanwhile. Read them again.")
    webhook_secret = body.webhook_secret.get_secret_value()
    await accounts.replace_webhook_secret(session, settings, council, account_id, webhook_secret)
    await audit.record(
        session,
        council,
        by_staff(caller),
        "credentials-changed",
        AGGREGATE,
        ids.show(account_id),
        changes={"merchant": [None, values["merchant"]]},
    )


async def _ask(context: CallContext, council: str, account: GatewayAccount, body: NewCredentials) -> str:
    """Ask the processor whose a key is. Raises Problem 400, 503."""
    try:
        processor = get_processor(context, council, account.processor)
        return await processor.check_credentials(body.secret_key.get_secret_value())
    except RefusedByProcessorError as error:
        raise invalid("body.secret_key", str(error)) from error
    except ProcessorError as error:
        detail = f"The key could not be checked: {error}. Nothing was changed. Try again."
        raise Problem(503, "processor-unavailable", detail) from error


def _require_live(caller: Caller) -> None:
    if caller.mode != _LIVE:
        detail = "Credentials are set with a live credential only: live money moves by them."
        raise Problem(403, "mode-not-held", detail)


async def _get_live(session: ReadSession, council: str, account_id: UUID) -> GatewayAccount:
    account = await accounts.find_by_id(session, council, account_id)
    if account is None or account.mode != _LIVE:
        raise not_found("live gateway account with this id")
    return account


def _describe(
    settings: Settings, council: str, account: GatewayAccount, row: Row[Any] | None
) -> AccountCredentials:
    path = f"{council}/payments/notifications/{ids.show(account.id)}"
    return AccountCredentials(
        processor=account.processor,
        merchant=row.merchant if row else None,
        notification_url=f"{settings.notified_origin}/{path}",
        updated_at=row.updated_at if row else None,
        version=row.version if row else 0,
    )
