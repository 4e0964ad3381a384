"""Introspection and revocation of tokens (RFC 7662, RFC 7009)."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from chassis.auth import public
from chassis.problems import ErrorShape, Problem
from identity.clients.routes.cors import CorsRoute
from identity.clients.routes.dependencies import TheProvider, authenticate_client, identify_client
from identity.issuer.routes import DirectoryRefresh
from identity.shared.oauth import token_requests
from identity.shared.oauth_responses import NO_STORE, render_oauth
from identity.shared.schemas import TokenError
from identity.tokens.actions import introspection

router = APIRouter(tags=["issuer"], route_class=CorsRoute)

SHAPES = tuple(ErrorShape(base, render_oauth, TokenError) for base in ("introspect", "revoke"))
_TOKEN: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            token_requests.FORM: {
                "schema": {
                    "type": "object",
                    "required": ["token"],
                    "properties": {
                        "token": {"type": "string", "maxLength": 4_096},
                        "token_type_hint": {"type": "string", "maxLength": 40},
                    },
                }
            }
        },
    },
    "x-limits": {"body": token_requests.MAX_BODY},
}
_UNKNOWN: dict[int | str, dict[str, Any]] = {401: {"description": "The client is not authenticated"}}


class Introspection(BaseModel):
    """What a token is worth (RFC 7662 section 2.2); nothing but ``active`` of one that is worth nothing."""

    active: bool
    token_type: str | None = None
    iss: str | None = None
    aud: str | None = None
    sub: str | None = None
    client_id: str | None = None
    jti: str | None = None
    iat: int | None = None
    exp: int | None = None
    scope: str | None = None
    act: dict[str, Any] | None = Field(default=None, description="Who acts for the subject")
    mandate: str | None = None


@router.post("/identity/introspect", response_model=Introspection, responses=_UNKNOWN, openapi_extra=_TOKEN)
async def introspect_token(_: Annotated[None, public], request: Request, provider: TheProvider) -> Response:
    """What a token is worth now (RFC 7662). A client sees tokens for its own council."""
    client, fields = await authenticate_client(request, provider, "introspect")
    token = _token(fields)
    caller = await _caller(request, token)
    async with provider.database.reading() as session:
        found = await introspection.introspect_token(session, provider, client, caller, token)
    return JSONResponse(found, 200, NO_STORE)


@router.post("/identity/revoke", responses=_UNKNOWN, openapi_extra=_TOKEN)
async def revoke_token(
    _: Annotated[None, public], _live: DirectoryRefresh, request: Request, provider: TheProvider
) -> Response:
    """Revoke a token of the client's own; with a refresh token all that was granted with it (RFC 7009)."""
    client, fields = await identify_client(request, provider, "revoke")
    token = _token(fields)
    caller = await _caller(request, token)
    async with provider.database.writing() as session:
        await introspection.revoke_token(session, provider, client, caller, token)
    return Response(None, 200, NO_STORE)


def _token(fields: dict[str, str]) -> str:
    if "token" not in fields:
        raise Problem(400, "invalid_request", "token is missing.")
    return fields["token"]


async def _caller(request: Request, token: str) -> Any:
    state = request.app.state
    return await introspection.verify_token(state.verifier, state.directory, token)
