"""The council as a service user: what it sets, its sealed token, and where its provider is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import Row

from chassis import clock, encryption, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.jobs import CallContext, CallData, Job, JobHandlers, RefusedError, enqueue
from chassis.problems import conflict
from payments.direct_debit.schemas.mandates import ServiceUser, ServiceUserChange
from payments.direct_debit.store import service_users as store
from payments.gateway_accounts.actions.accounts import SANDBOX
from payments.processors.actions.registry import make_direct_debits
from payments.processors.rules import ProcessorError, RefusedByProcessorError
from payments.receipts.actions import find_council_name
from payments.settings import Settings

if TYPE_CHECKING:
    from payments.processors.actions.gocardless import GoCardless

handlers = JobHandlers()
_DEFAULTS: dict[str, Any] = {
    "number": "",
    "statement_name": "",
    "notice_days": 10,
    "dormant_months": 13,
    "proof_years": None,
}
_SECRET_BYTES = 32
_NOT_SET_UP = (
    "The council's Direct Debit is not set up: set statement_name and access_token of its service user."
)


@dataclass(frozen=True, slots=True)
class Creditor:
    """A service user at its provider: with these a call is made."""

    id: UUID
    mode: str
    token: str
    provider: "GoCardless"


class RegisterWebhook(CallData):
    """Tell the simulator where the webhooks of a sandbox's service user go."""

    kind: ClassVar[str] = "payments.register_direct_debit"
    service_user: ids.Id


async def get_user(session: Session, settings: Settings, council: str, caller: Caller) -> Row[Any]:
    """Get the service user of the caller's mode. The sandbox's is made at first use. Raises Problem 409."""
    row = await store.find_default(session, council, caller.mode)
    if row is None and caller.mode == SANDBOX:
        await _insert(session, settings, council, caller, {})
        row = await store.find_default(session, council, caller.mode)
    if row is None or row.access_token is None or not row.statement_name:
        raise conflict("direct-debit-not-set-up", _NOT_SET_UP)
    return row


async def find_user(session: ReadSession, council: str, user_id: UUID) -> Row[Any]:
    """Find a service user by its id. Raises LookupError."""
    row = await store.find_by_id(session, council, user_id)
    if row is None:
        raise LookupError(f"no service user {ids.show(user_id)}")
    return row


async def list_users(
    session: ReadSession, council: str | None = None, mode: str | None = None
) -> Sequence[Row[Any]]:
    """List service users, of all councils or of a council in a mode: council, id and mode."""
    if council is None or mode is None:
        return await store.list_all(session)
    return await store.list_of_mode(session, council, mode)


async def show(session: ReadSession, settings: Settings, council: str, caller: Caller) -> ServiceUser:
    """Show the service user of the caller's mode, or what one begins with."""
    row = await store.find_default(session, council, caller.mode)
    if row is None:
        members = {**_DEFAULTS, "has_access_token": False, "has_webhook_secret": False, "version": 0}
        return ServiceUser(
            mode=caller.mode, notification_url="", updated_at=datetime.fromtimestamp(0, clock.now().tzinfo),
            **members,
        )  # fmt: skip
    return _write(row._asdict(), settings, council)


async def change(
    session: Session,
    settings: Settings,
    council: str,
    caller: Caller,
    precondition: Precondition,
    body: ServiceUserChange,
) -> ServiceUser:
    """Change the service user of the caller's mode, and make it if it is new. Raises Problem 412."""
    row = await store.find_default(session, council, caller.mode)
    if row is None:
        precondition.check(0, "service user")
        await _insert(session, settings, council, caller, {"version": 0})
        row = await store.find_default(session, council, caller.mode)
    row = None if row is None else await store.lock(session, council, row.id)
    if row is None:
        raise RuntimeError(f"{council} has no service user")
    precondition.check(row.version, "service user")
    values = {name: getattr(body, name) for name in body.model_fields_set}
    for name, value in values.items():
        if isinstance(value, SecretStr):
            values[name] = _seal(settings, row.id, value.get_secret_value())
    values |= {"version": row.version + 1, "updated_by": caller.subject, "updated_at": clock.now()}
    await store.change(session, council, row.id, values)
    return _write({**row._asdict(), **values}, settings, council)


async def _insert(
    session: Session, settings: Settings, council: str, caller: Caller, values: dict[str, Any]
) -> None:
    user_id, is_sandbox = ids.new(), caller.mode == SANDBOX
    name = await find_council_name(session, council)
    row = {
        **_DEFAULTS,
        "council": council,
        "id": user_id,
        "mode": caller.mode,
        "is_default": True,
        "statement_name": f"{name} (test)" if is_sandbox else "",
        "access_token": _seal(settings, user_id, f"sim_{ids.show(user_id)}") if is_sandbox else None,
        "webhook_secret": None,
        "polled_until": None,
        "version": 1,
        "updated_by": caller.subject,
        "updated_at": clock.now(),
        **values,
    }
    if await store.insert_default(session, row) and is_sandbox:
        data = RegisterWebhook(service_user=user_id)
        await enqueue(session, data, council=council, key=ids.show(user_id))


@handlers.call(RegisterWebhook, limit=30)
async def register_webhook(context: CallContext, job: Job[RegisterWebhook]) -> None:
    """Give the simulator the address and secret of webhooks."""
    council, user_id, settings = job.council, job.data.service_user, read_settings(context)
    new_secret = _seal(settings, user_id, token_urlsafe(_SECRET_BYTES))
    async with context.database.writing(council) as session:
        await store.save_secret(session, council, user_id, new_secret)
        row = await store.find_by_id(session, council, user_id)
    secret = None if row is None else find_secret(settings, row)
    if row is None or secret is None or SANDBOX not in context.share(make_direct_debits):
        return
    creditor = make_creditor(context, row)
    try:
        url = make_notification_url(settings, council, user_id)
        await creditor.provider.register_simulator(creditor.token, url, secret)
    except RefusedByProcessorError as error:
        raise RefusedError(str(error)) from error


async def get_creditor(context: CallContext, council: str, user_id: UUID) -> Creditor:
    """Get a service user with its token and provider. Raises ProcessorError if there is none here."""
    async with context.database.reading(council) as session:
        row = await find_user(session, council, user_id)
    return make_creditor(context, row)


def make_creditor(context: CallContext, row: Row[Any]) -> Creditor:
    """Make what calls need of a service user. Raises ProcessorError if its provider is not set."""
    provider = context.share(make_direct_debits).get(row.mode)
    if provider is None or row.access_token is None:
        raise ProcessorError("this installation has no provider of Direct Debit for the service user")
    token = encryption.unseal(read_key(read_settings(context)), row.access_token, row.id.bytes).decode()
    return Creditor(row.id, row.mode, token, provider)


def find_secret(settings: Settings, row: Row[Any]) -> str | None:
    """Find the secret of a service user's notifications."""
    if row.webhook_secret is None:
        return None
    return encryption.unseal(read_key(settings), row.webhook_secret, row.id.bytes).decode()


def make_notification_url(settings: Settings, council: str, user_id: UUID) -> str:
    """Make the address of a service user's notifications."""
    return f"{settings.notified_origin}/{council}/payments/direct-debit/notifications/{ids.show(user_id)}"


def read_settings(context: CallContext) -> Settings:
    """Read the settings of payments."""
    if not isinstance(context.settings, Settings):
        raise TypeError("these are not the settings of payments")
    return context.settings


def read_key(settings: Settings) -> bytes:
    """Derive the key that seals tokens and secrets."""
    key = encryption.parse_key(settings.sealing_key.get_secret_value(), "PAYMENTS_SEALING_KEY")
    return encryption.derive_key(key, "payments direct debit")


def _seal(settings: Settings, user_id: UUID, value: str) -> bytes:
    return encryption.seal(read_key(settings), value.encode(), user_id.bytes)


def _write(row: dict[str, Any], settings: Settings, council: str) -> ServiceUser:
    members = {
        **row,
        "has_access_token": row["access_token"] is not None,
        "has_webhook_secret": row["webhook_secret"] is not None,
        "notification_url": make_notification_url(settings, council, row["id"]),
    }
    return ServiceUser.model_validate(members)
