"""The introspection endpoint (RFC 7662)."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from chassis.auth import Caller, public
from chassis.problems import ErrorShape, Problem
from identity.clients.routes.cors import CorsRoute
from identity.clients.routes.dependencies import TheProvider, authenticate_client
from identity.shared.oauth import token_requests
from identity.shared.oauth_responses import NO_STORE, OAUTH_TEMPLATES, render_oauth
from identity.shared.schemas import TokenError
from identity.tokens.actions import introspection

router = APIRouter(tags=["issuer"], route_class=CorsRoute)

SHAPE = ErrorShape("introspect", render_oauth, TokenError, OAUTH_TEMPLATES)
TOKEN_OPERATION: dict[str, Any] = {
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
UNAUTHENTICATED: dict[int | str, dict[str, Any]] = {401: {"description": "The client is not authenticated"}}


class Introspection(BaseModel):
    """What a token is worth (RFC 7662 section 2.2). A token that is not good has `active` alone."""

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


@router.post(
    "/identity/introspect",
    response_model=Introspection,
    responses=UNAUTHENTICATED,
    openapi_extra=TOKEN_OPERATION,
)
async def introspect_token(_: Annotated[None, public], request: Request, provider: TheProvider) -> Response:
    """Check what a token is worth now (RFC 7662). You see tokens for your own council."""
    client, fields = await authenticate_client(request, provider, "introspect")
    token = read_token(fields)
    caller = await verify_token(request, token)
    async with provider.database.reading() as session:
        content = await introspection.introspect_token(session, provider, client, caller, token)
    return JSONResponse(content, 200, NO_STORE)


def read_token(fields: dict[str, str]) -> str:
    """Read the token from the form. Raises Problem 400."""
    if "token" not in fields:
        raise Problem(400, "invalid_request", "token is missing.")
    return fields["token"]


async def verify_token(request: Request, token: str) -> Caller | None:
    """Verify an access token or an API key; answers whom it speaks for, None when it is not good."""
    state = request.app.state
    return await introspection.verify_token(state.verifier, state.deny_list, token)
