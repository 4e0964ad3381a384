"""The revocation endpoint (RFC 7009)."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from chassis.auth import public
from chassis.problems import ErrorShape
from identity.clients.routes.cors import CorsRoute
from identity.clients.routes.dependencies import TheProvider, identify_client
from identity.issuer.routes import DirectoryRefresh
from identity.shared.oauth_responses import NO_STORE, OAUTH_TEMPLATES, render_oauth
from identity.shared.schemas import TokenError
from identity.tokens.actions import revocation
from identity.tokens.routes.introspection import TOKEN_OPERATION, UNAUTHENTICATED, read_token, verify_token

router = APIRouter(tags=["issuer"], route_class=CorsRoute)

SHAPE = ErrorShape("revoke", render_oauth, TokenError, OAUTH_TEMPLATES)


@router.post("/identity/revoke", responses=UNAUTHENTICATED, openapi_extra=TOKEN_OPERATION)
async def revoke_token(
    _: Annotated[None, public], _refresh: DirectoryRefresh, request: Request, provider: TheProvider
) -> Response:
    """Revoke one of your tokens (RFC 7009). A refresh token is revoked with all that was granted with it."""
    client, fields = await identify_client(request, provider, "revoke")
    token = read_token(fields)
    caller = await verify_token(request, token)
    async with provider.database.writing() as session:
        await revocation.revoke_token(session, provider, client, caller, token)
    return Response(None, 200, NO_STORE)
