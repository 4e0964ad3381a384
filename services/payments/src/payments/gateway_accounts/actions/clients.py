"""Assign clients to accounts. A client without an account of its own uses the default one of its mode."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import conflict, not_found
from payments.gateway_accounts import store
from payments.gateway_accounts.actions import management
from payments.gateway_accounts.schemas import AccountClient

MAX_CLIENTS = 2_000
"""Of an account."""


async def list_clients(
    session: ReadSession, council: str, caller: Caller, account_id: UUID, after: str, fetch: int
) -> Sequence[Row[Any]]:
    """List the clients that use an account. Raises Problem 404."""
    await management.find_visible(session, council, caller, account_id)
    return await store.list_clients(session, council, account_id, after, fetch)


async def assign_client(
    session: Session, council: str, caller: Caller, account_id: UUID, client_id: str
) -> None:
    """Let a client use an account from now on, instead of the one that it used. Raises Problem 404, 409.

    The payments that it took before stay with the account that they are of.
    """
    row = await management.lock_account(session, council, caller, account_id)
    former = await store.find_client_account(session, council, client_id, row.mode)
    if former == account_id:
        return
    if await store.count_clients(session, council, account_id) >= MAX_CLIENTS:
        raise conflict("too-many-clients", f"A gateway account has {MAX_CLIENTS} clients at most.")
    await store.assign_client(session, council, client_id, row.mode, account_id)
    changes = {client_id: [None if former is None else ids.show(former), ids.show(account_id)]}
    await management.record(session, council, caller, "client-assigned", account_id, changes)
    if former is not None:
        await management.record(session, council, caller, "client-unassigned", former, changes)


async def unassign_client(
    session: Session, council: str, caller: Caller, account_id: UUID, client_id: str
) -> None:
    """Have a client use the default account of the mode from now on. Raises Problem 404."""
    await management.lock_account(session, council, caller, account_id)
    if not await store.unassign_client(session, council, client_id, account_id):
        raise not_found("client of this account with this id")
    changes = {client_id: [ids.show(account_id), None]}
    await management.record(session, council, caller, "client-unassigned", account_id, changes)


def write(row: Row[Any]) -> AccountClient:
    """Write a client as the API shows it."""
    return AccountClient(client_id=row.client_id, assigned_at=row.created_at)
