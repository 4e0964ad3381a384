"""Gateway accounts: list, get, make, change, close; and which clients use them."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from chassis import ids
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from payments.funds.routes.access import BASE, FinanceKeeper, FinanceReader
from payments.gateway_accounts.actions import clients, management
from payments.gateway_accounts.rules import Traits
from payments.gateway_accounts.schemas import (
    AccountClient,
    ClientId,
    GatewayAccount,
    GatewayAccountChange,
    NewGatewayAccount,
)

router = APIRouter(prefix=f"{BASE}/gateway-accounts", tags=["gateway accounts"])
AccountId = Annotated[ids.Id, Path(description="The account's `id`")]
_CLIENT = "/{account_id}/clients/{client_id}"


async def _list_processors(request: Request) -> Mapping[str, Traits]:
    processors: Mapping[str, Traits] = request.app.state.processors
    return processors


Processors = Annotated[Mapping[str, Traits], Depends(_list_processors)]


@router.post(
    "", status_code=201, response_model=GatewayAccount, responses={201: ETAG, **document_problems(409)}
)
async def create_gateway_account(
    council: Slug,
    body: NewGatewayAccount,
    caller: FinanceKeeper,
    session: Writing,
    processors: Processors,
    once: OnlyOnce,
) -> Response:
    """Make a gateway account. For a live one you need a live credential."""
    return await once.run(
        session,
        caller,
        body,
        lambda: management.create_account(session, council, caller, processors, body),
        headers=lambda account: {
            **version_tag(account.version),
            "Location": f"{BASE.format(council=council)}/gateway-accounts/{ids.show(account.id)}",
        },
    )


@router.get("")
async def list_gateway_accounts(
    council: Slug, caller: FinanceReader, session: Reading, paging: Paging
) -> Page[GatewayAccount]:
    """List gateway accounts, closed ones too, in the order in which they were made.

    A sandbox credential sees those of the sandbox only.
    """
    rows = await management.list_accounts(session, council, caller, paging.start_id(), paging.fetch)
    return paging.page(rows, management.write, lambda row: (ids.show(row.id),))


@router.get("/{account_id}", responses={200: ETAG, **document_problems(404)})
async def get_gateway_account(
    council: Slug, account_id: AccountId, caller: FinanceReader, session: Reading, response: Response
) -> GatewayAccount:
    """Get a gateway account. Its version is the ETag."""
    account = await management.get_account(session, council, caller, account_id)
    response.headers.update(version_tag(account.version))
    return account


@router.patch("/{account_id}", responses={200: ETAG, **document_problems(404, 412, 428)})
async def change_gateway_account(
    council: Slug,
    account_id: AccountId,
    body: GatewayAccountChange,
    caller: FinanceKeeper,
    session: Writing,
    processors: Processors,
    precondition: IfMatch,
    response: Response,
) -> GatewayAccount:
    """Change a gateway account, or close it: `is_open` false. Settings that you leave out stay as they are.

    Payments that were created before keep their time to pay. For a live account you need a live credential.
    """
    changed = await management.change_account(
        session, council, caller, processors, account_id, precondition, body
    )
    response.headers.update(version_tag(changed.version))
    return changed


@router.get("/{account_id}/clients", responses=document_problems(404))
async def list_account_clients(
    council: Slug, account_id: AccountId, caller: FinanceReader, session: Reading, paging: Paging
) -> Page[AccountClient]:
    """List the clients that use this account, by their ids.

    A client that has no account of its own uses the default one of its mode, and is not listed.
    """
    start = paging.start(str)
    after = start[0] if start else ""
    rows = await clients.list_clients(session, council, caller, account_id, after, paging.fetch)
    return paging.page(rows, clients.write, lambda row: (row.client_id,))


@router.put(_CLIENT, status_code=204, responses=document_problems(404, 409))
async def assign_account_client(
    council: Slug, account_id: AccountId, client_id: ClientId, caller: FinanceKeeper, session: Writing
) -> None:
    """Let a client, such as an API key, use this account, instead of the one that it used in this mode.

    It no longer sees the payments that it took for the other account.
    """
    await clients.assign_client(session, council, caller, account_id, client_id)


@router.delete(_CLIENT, status_code=204, responses=document_problems(404))
async def unassign_account_client(
    council: Slug, account_id: AccountId, client_id: ClientId, caller: FinanceKeeper, session: Writing
) -> None:
    """Have a client use the default account of the mode again."""
    await clients.unassign_client(session, council, caller, account_id, client_id)
