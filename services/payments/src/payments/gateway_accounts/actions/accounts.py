"""Find the account that a request takes money for."""

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row

from chassis import encryption, ids
from chassis.auth import Caller
from chassis.database import ALL_COUNCILS, ReadSession, Session
from chassis.jobs import CallData, enqueue
from chassis.problems import Problem
from payments.gateway_accounts import store
from payments.gateway_accounts.rules import AccountSettings
from payments.settings import Settings

SANDBOX = "sandbox"
_SECRET_BYTES = 32
_LINKLESS = "Account is not linked with a payment service provider. Set up a live account first."


class RegisterWebhook(CallData):
    """Have the processor of an account notify us."""

    kind: ClassVar[str] = "payments.register_webhook"
    account: ids.Id


@dataclass(frozen=True, slots=True)
class GatewayAccount:
    """An account as payments need it."""

    id: UUID
    mode: str
    processor: str
    fund: UUID | None
    settings: AccountSettings
    is_open: bool


async def find_account(session: ReadSession, council: str, caller: Caller) -> GatewayAccount | None:
    """Find the caller's account, of the caller's mode: a sandbox key never reaches a live account."""
    row = await store.find_account(session, council, caller.client_id, caller.mode)
    return None if row is None else _read(row)


async def get_account(session: Session, council: str, caller: Caller) -> GatewayAccount:
    """Get the caller's account. The sandbox's is made at its first use. Raises Problem 403 P0940 for live."""
    account = await find_account(session, council, caller)
    if account is not None:
        return account
    if caller.mode != SANDBOX:
        raise Problem(403, "P0940", _LINKLESS)
    await _insert_sandbox(session, council)
    row = await store.find_account(session, council, caller.client_id, SANDBOX)
    if row is None:
        raise RuntimeError(f"{council} has no sandbox account")
    return _read(row)


async def get_by_id(session: ReadSession, council: str, account_id: UUID) -> GatewayAccount:
    """Get the account of a payment. Raises LookupError."""
    row = await store.get_account(session, council, account_id)
    if row is None:
        raise LookupError(f"no gateway account {ids.show(account_id)}")
    return _read(row)


# Services can try agreements and payments by telephone at once: no money moves.
_SANDBOX_SETTINGS = AccountSettings(allows_agreements=True, allows_moto=True)


async def find_by_id(session: ReadSession, council: str, account_id: UUID) -> GatewayAccount | None:
    """Find an account by its id."""
    row = await store.get_account(session, council, account_id)
    return None if row is None else _read(row)


async def list_accounts(
    session: ReadSession, council: str = ALL_COUNCILS, mode: str = ""
) -> Sequence[Row[Any]]:
    """List accounts, of one council and mode or of all: ``council`` and ``id`` of each."""
    return await store.list_accounts(session, council, mode)


async def _insert_sandbox(session: Session, council: str) -> None:
    await store.lock_accounts(session, council)
    values = {
        "name": "Sandbox",
        "mode": SANDBOX,
        "processor": SANDBOX,
        "fund": None,
        "settings": _SANDBOX_SETTINGS.model_dump_json(),
        "is_default": True,
    }
    await insert_account(session, council, ids.new(), values)


async def insert_account(session: Session, council: str, account_id: UUID, values: dict[str, Any]) -> None:
    """Write an account, and have its processor notify us; nothing if it would be a second default one."""
    if await store.insert_account(session, council, account_id, values):
        data = RegisterWebhook(account=account_id)
        await enqueue(session, data, council=council, key=ids.show(account_id))


async def make_webhook_secret(session: Session, settings: Settings, council: str, account_id: UUID) -> str:
    """Return the secret of an account's notifications; the first call makes it."""
    key = _read_key(settings)
    new_secret = f"whsec_{base64.b64encode(os.urandom(_SECRET_BYTES)).decode()}"
    sealed = encryption.seal(key, new_secret.encode(), account_id.bytes)
    await store.save_webhook_secret(session, council, account_id, sealed)
    secret = await find_webhook_secret(session, settings, council, account_id)
    if secret is None:
        raise LookupError(f"no gateway account {ids.show(account_id)}")
    return secret


async def replace_webhook_secret(
    session: Session, settings: Settings, council: str, account_id: UUID, secret: str
) -> None:
    """Give an account the secret that its processor signs notifications with."""
    sealed = encryption.seal(_read_key(settings), secret.encode(), account_id.bytes)
    await store.replace_webhook_secret(session, council, account_id, sealed)


async def find_webhook_secret(
    session: ReadSession, settings: Settings, council: str, account_id: UUID
) -> str | None:
    """Find the secret of an account's notifications; None if there is no such account, or no secret yet."""
    sealed = await store.find_webhook_secret(session, council, account_id)
    if sealed is None:
        return None
    return encryption.unseal(_read_key(settings), sealed, account_id.bytes).decode()


def _read_key(settings: Settings) -> bytes:
    key = encryption.parse_key(settings.sealing_key.get_secret_value(), "PAYMENTS_SEALING_KEY")
    return encryption.derive_key(key, "payments notifications")


def _read(row: Row[Any]) -> GatewayAccount:
    settings = AccountSettings.model_validate(row.settings)
    return GatewayAccount(row.id, row.mode, row.processor, row.fund, settings, row.closed_at is None)
