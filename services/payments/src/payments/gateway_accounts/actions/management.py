"""Make, change and close accounts, with an entry of the audit for each act."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import audit, clock, ids
from chassis.audit import by_staff
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import Problem, conflict, invalid, not_found
from payments.funds.actions import baskets, payment_methods
from payments.gateway_accounts import store
from payments.gateway_accounts.actions.accounts import SANDBOX, insert_account
from payments.gateway_accounts.rules import AccountSettings, Traits, find_impossible
from payments.gateway_accounts.schemas import (
    GatewayAccount,
    GatewayAccountChange,
    NewAccountSettings,
    NewGatewayAccount,
)
from payments.shared.days import today

MAX_ACCOUNTS = 500
AGGREGATE = "payments.gateway_account"
_NOUN = "gateway account"


async def create_account(
    session: Session,
    council: str,
    caller: Caller,
    processors: Mapping[str, Traits],
    body: NewGatewayAccount,
) -> GatewayAccount:
    """Make an account, and have its processor notify us. Raises Problem 400, 403, 409."""
    require_mode(caller, body.mode)
    await store.lock_accounts(session, council)
    if await store.count_accounts(session, council) >= MAX_ACCOUNTS:
        raise conflict("too-many-accounts", f"A council has {MAX_ACCOUNTS} gateway accounts at most.")
    _check_processor(body, processors)
    traits = processors[body.processor]
    default = AccountSettings(minimum_amount=traits.minimum_amount)
    settings = await _change_settings(session, council, body.mode, traits, default, body.settings)
    values = {
        "name": body.name,
        "mode": body.mode,
        "processor": body.processor,
        "fund": await _find_fund(session, council, body.fund),
        "settings": settings.model_dump_json(),
        "is_default": False,
    }
    account_id = ids.new()
    await insert_account(session, council, account_id, values)
    if body.is_default:
        await _make_default(session, council, caller, await _get(session, council, account_id))
    account = write(await _get(session, council, account_id))
    await record(session, council, caller, "account-created", account_id, audit.compare({}, _list(account)))
    return account


async def change_account(
    session: Session,
    council: str,
    caller: Caller,
    processors: Mapping[str, Traits],
    account_id: UUID,
    precondition: Precondition,
    body: GatewayAccountChange,
) -> GatewayAccount:
    """Change, close or reopen an account. Raises Problem 400, 403, 404, 412."""
    row = await lock_account(session, council, caller, account_id)
    precondition.check(row.version, _NOUN)
    before = write(row)
    values: dict[str, Any] = {
        "name": body.name or row.name,
        "fund": row.fund,
        "settings": before.settings.model_dump_json(),
        "is_default": row.is_default,
        "closed_at": row.closed_at,
    }
    if "fund" in body.model_fields_set:
        values["fund"] = await _find_fund(session, council, body.fund)
    if body.settings is not None:
        traits = processors[row.processor]
        settings = await _change_settings(session, council, row.mode, traits, before.settings, body.settings)
        values["settings"] = settings.model_dump_json()
    if body.is_open is not None:
        values["closed_at"] = None if body.is_open else row.closed_at or clock.now()
    await store.update_account(session, council, account_id, values)
    if body.is_default and not row.is_default:
        await _make_default(session, council, caller, await _get(session, council, account_id))
    after = write(await _get(session, council, account_id))
    changes = audit.compare(_list(before), _list(after))
    await record(session, council, caller, "account-changed", account_id, changes)
    return after


async def get_account(session: ReadSession, council: str, caller: Caller, account_id: UUID) -> GatewayAccount:
    """Get an account that the caller may see. Raises Problem 404."""
    return write(await find_visible(session, council, caller, account_id))


async def list_accounts(
    session: ReadSession, council: str, caller: Caller, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List the accounts that the caller may see, in the order in which they were made."""
    mode = SANDBOX if caller.mode == SANDBOX else ""
    return await store.list_page(session, council, mode, after, fetch)


async def find_visible(session: ReadSession, council: str, caller: Caller, account_id: UUID) -> Row[Any]:
    """Find an account that the caller may see: a sandbox credential sees no live one. Raises Problem 404."""
    row = await store.get_account(session, council, account_id)
    if row is None or (caller.mode == SANDBOX and row.mode != SANDBOX):
        raise not_found(f"{_NOUN} with this id")
    return row


async def lock_account(session: Session, council: str, caller: Caller, account_id: UUID) -> Row[Any]:
    """Find an account that the caller may change, with the council's accounts locked. Raises Problem 404."""
    await store.lock_accounts(session, council)
    return await find_visible(session, council, caller, account_id)


def require_mode(caller: Caller, mode: str) -> None:
    """Require a live credential for what is live. Raises Problem 403."""
    if mode != SANDBOX and caller.mode == SANDBOX:
        detail = "A live gateway account is made with a live credential only."
        raise Problem(403, "mode-not-held", detail)


async def record(
    session: Session,
    council: str,
    caller: Caller,
    act: str,
    account_id: UUID,
    changes: Mapping[str, Any],
) -> None:
    """Record an act at an account in the audit."""
    account = ids.show(account_id)
    await audit.record(session, council, by_staff(caller), act, AGGREGATE, account, changes=changes)


def write(row: Row[Any]) -> GatewayAccount:
    """Write an account as the API shows it."""
    return GatewayAccount(
        id=row.id,
        name=row.name,
        mode=row.mode,
        processor=row.processor,
        fund=row.fund,
        is_default=row.is_default,
        is_open=row.closed_at is None,
        settings=AccountSettings.model_validate(row.settings),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        closed_at=row.closed_at,
    )


async def _get(session: ReadSession, council: str, account_id: UUID) -> Row[Any]:
    row = await store.get_account(session, council, account_id)
    if row is None:
        raise LookupError(f"no gateway account {ids.show(account_id)}")
    return row


async def _make_default(session: Session, council: str, caller: Caller, row: Row[Any]) -> None:
    """Make an account the default one of its mode; the one that was is an ordinary one."""
    former = await store.unset_default(session, council, row.mode, row.id)
    if former is not None:
        await record(session, council, caller, "account-changed", former, {"is_default": [True, False]})
    await store.set_default(session, council, row.id)


def _check_processor(body: NewGatewayAccount, processors: Mapping[str, Traits]) -> None:
    """Check that this installation has the processor, for the mode. Raises Problem 400."""
    if body.processor not in processors:
        raise invalid("body.processor", f"is not one of this installation: {', '.join(sorted(processors))}")
    if (body.processor == SANDBOX) != (body.mode == SANDBOX):
        raise invalid("body.processor", "must be sandbox for the sandbox, and another for live payments")


async def _change_settings(
    session: Session,
    council: str,
    mode: str,
    traits: Traits,
    before: AccountSettings,
    settings: NewAccountSettings,
) -> AccountSettings:
    """Change what is set of settings, and check what no schema tells of it. Raises Problem 400."""
    if settings.allows_moto_api and mode != SANDBOX:
        message = "is for the sandbox only: nobody sends us a real card number"
        raise invalid("body.settings.allows_moto_api", message)
    if "method" in settings.model_fields_set and not await payment_methods.list_methods(
        session, council, settings.method, None, 1
    ):
        raise invalid("body.settings.method", "is not the code of one of this council's payment methods")
    after = before.model_copy(update=settings.model_dump(include=settings.model_fields_set))
    if impossible := find_impossible(after, traits):
        name, message = impossible
        raise invalid(f"body.settings.{name}", message)
    return after


async def _find_fund(session: ReadSession, council: str, fund: UUID | str | None) -> UUID | None:
    """Find a fund that takes money today. Raises Problem 400."""
    if fund is None:
        return None
    chart = await baskets.read_chart(session, council, today())
    if isinstance(fund, UUID):
        funds = [fund] if fund in chart.funds else []
    else:
        funds = [each.id for each in chart.list_funds(fund)]
    if len(funds) != 1:
        raise invalid("body.fund", "is not one fund of this council that takes money today")
    return funds[0]


def _list(account: GatewayAccount) -> dict[str, Any]:
    """List what the audit compares, settings by name."""
    members = account.model_dump(
        mode="json", exclude={"id", "settings", "version", "created_at", "updated_at", "closed_at"}
    )
    settings = account.settings.model_dump(mode="json")
    return members | {f"settings.{name}": value for name, value in settings.items()}
