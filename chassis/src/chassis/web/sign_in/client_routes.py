"""The API by which a council sets the client of its staff's sign-in: ``/{council}/{service}/sign-in/v1``."""

from typing import Annotated, Any

from fastapi import APIRouter, Request

from chassis import clock, ids
from chassis.auth import Caller, permission, signed_in
from chassis.database import Reading, ReadSession, Writing
from chassis.types import Slug
from chassis.web.sign_in import store
from chassis.web.sign_in.relying_party import RelyingParty
from chassis.web.sign_in.schemas import NewSignInClient, SignInClient
from chassis.web.sign_in.service import SignIn

_router = APIRouter(tags=["sign-in"])
_PATH = "/sign-in/v1/client"
Keeper = Annotated[Caller, signed_in]


def make_router(scope: str) -> APIRouter:
    """Make the router; its permission is required of both operations."""
    router = APIRouter()
    router.include_router(_router, dependencies=[permission(scope)])
    return router


def make_url(request: Request, council: str, path: str) -> str:
    """Make the URL of a page of sign-in, as people reach it."""
    party: RelyingParty = request.app.state.relying_party
    return f"{party.origin}/{council}/{request.app.state.service.name}/{path}"


@_router.get(_PATH)
async def read_sign_in_client(
    request: Request, council: Slug, caller: Keeper, session: Reading
) -> SignInClient:
    """Read the client by which staff sign in to this service's pages, and what to register for it."""
    return await _describe(request, session, council, caller)


@_router.put(_PATH)
async def set_sign_in_client(
    request: Request, council: Slug, caller: Keeper, body: NewSignInClient, session: Writing
) -> SignInClient:
    """Set the client by which staff sign in, of your credential's mode. It takes effect at once.

    Register it at `/{council}/identity/v1/services` first, with what a GET of this address says.
    """
    row: dict[str, Any] = {
        "council": council,
        "id": ids.new(),
        "mode": caller.mode,
        "client_id": body.client_id,
        "created_by": caller.record(),
        "created_at": clock.now(),
    }
    present = await store.find_client(session, council, caller.mode)
    if present is None or present.client_id != body.client_id:
        await store.insert_client(session, row)
    return await _describe(request, session, council, caller)


async def _describe(request: Request, session: ReadSession, council: str, caller: Caller) -> SignInClient:
    party: RelyingParty = request.app.state.relying_party
    sign_in: SignIn = request.app.state.service.sign_in
    row = await store.find_client(session, council, caller.mode)
    return SignInClient.model_validate(
        {
            "mode": caller.mode,
            "client_id": row.client_id if row else None,
            "redirect_uris": [make_url(request, council, "signed-in")],
            "post_logout_redirect_uris": [make_url(request, council, "signed-out")],
            "backchannel_logout_uri": make_url(request, council, "sign-in/logout"),
            "scopes": sorted(["openid", "email", "offline_access", *sign_in.scopes]),
            "jwks": party.keys.list_public(),
        }
    )
