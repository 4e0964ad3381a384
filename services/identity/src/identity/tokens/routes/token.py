"""The token endpoint (RFC 6749 section 3.2)."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from chassis.auth import Caller, public
from chassis.problems import ErrorShape
from identity.clients.actions.authentication import identify, require_authentication
from identity.clients.routes.cors import CorsRoute
from identity.clients.routes.dependencies import TheProvider
from identity.shared.dependencies import network_of
from identity.shared.oauth import assertions, token_requests
from identity.shared.oauth_responses import NO_STORE, render_oauth, to_problem
from identity.shared.schemas import TokenError
from identity.tokens.actions import client_credentials, code_and_refresh, introspection, token_exchange
from identity.tokens.schemas import Token

router = APIRouter(tags=["issuer"], route_class=CorsRoute)

_FORM = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"type": "string", "enum": list(token_requests.GRANT_TYPES)},
        "code": {"type": "string", "maxLength": 100},
        "redirect_uri": {"type": "string", "maxLength": 2_000},
        "code_verifier": {"type": "string", "maxLength": 128},
        "refresh_token": {"type": "string", "maxLength": 100},
        "subject_token": {"type": "string", "maxLength": 200},
        "subject_token_type": {"type": "string", "enum": [token_requests.SUBJECT_TYPE]},
        "actor_token": {"type": "string", "maxLength": 4_096},
        "actor_token_type": {"type": "string", "enum": [token_requests.ACCESS_TOKEN_TYPE]},
        "requested_token_type": {"type": "string", "enum": [token_requests.ACCESS_TOKEN_TYPE]},
        "theme": {"type": "string", "maxLength": 40},
        "scope": {"type": "string", "maxLength": 2_000, "example": "address:read"},
        "client_id": {"type": "string", "maxLength": 100},
        "client_secret": {"type": "string", "maxLength": 200},
        "client_assertion_type": {"type": "string", "enum": [token_requests.ASSERTION_TYPE]},
        "client_assertion": {"type": "string", "maxLength": assertions.MAX_LENGTH},
    },
}
_TOKEN_OPERATION: dict[str, Any] = {
    "requestBody": {"required": True, "content": {token_requests.FORM: {"schema": _FORM}}},
    "x-limits": {"body": token_requests.MAX_BODY},
}


@router.post(
    "/identity/token",
    response_model=Token,
    responses={401: {"description": "The client is not authenticated"}},
    openapi_extra=_TOKEN_OPERATION,
)
async def issue_token(_: Annotated[None, public], request: Request, provider: TheProvider) -> Response:
    """Tokens: for a client itself, for a code, for a refresh token (RFC 6749 sections 4.1.3, 4.4 and 6).

    The client shows who it is by HTTP Basic, by `client_id` and `client_secret`, or by a JWT it signed
    (`private_key_jwt`, RFC 7523); a public one gives its `client_id` alone. `scope` asks for less.
    """
    headers = request.headers
    try:
        asked = token_requests.parse_token_request(
            headers.get("content-type", ""),
            headers.get("authorization"),
            request.url.query,
            await request.body(),
        )
        client = await identify(provider, asked.credentials, network_of(request))
        if asked.grant == token_requests.CLIENT_CREDENTIALS:
            token = client_credentials.issue_token(provider, require_authentication(client), asked.scope)
        elif asked.grant == token_requests.TOKEN_EXCHANGE:
            actor = await _actor(request, asked.fields.get("actor_token", ""))
            token = await token_exchange.exchange_token(
                provider, require_authentication(client), asked, actor
            )
        else:
            token = await code_and_refresh.redeem(provider, client, asked)
    except token_requests.OAuthError as error:
        raise to_problem(error) from error
    return Response(json.dumps(token), headers=NO_STORE, media_type="application/json")


async def _actor(request: Request, token: str) -> Caller | None:
    state = request.app.state
    return await introspection.verify_token(state.verifier, state.directory, token)


TOKEN_ERRORS = ErrorShape("token", render_oauth, TokenError)
"""Every error below ``/identity/token``."""
