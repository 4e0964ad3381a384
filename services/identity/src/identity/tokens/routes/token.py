"""The token endpoint (RFC 6749 section 3.2)."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from chassis.auth import public
from chassis.problems import ErrorShape
from chassis.rates import network_of
from identity.clients.actions.authentication import Client, identify, require_authentication
from identity.clients.routes.cors import CorsRoute
from identity.clients.routes.dependencies import TheProvider
from identity.shared.oauth import assertions, token_requests
from identity.shared.oauth_responses import NO_STORE, OAUTH_TEMPLATES, render_oauth, to_problem
from identity.shared.schemas import TokenError
from identity.tokens.actions import authorization_codes, client_credentials, refresh_tokens, token_exchange
from identity.tokens.routes.introspection import verify_token
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
    """Get tokens: for your client itself, a code or a refresh token (RFC 6749), or by exchange (RFC 8693).

    Authenticate by HTTP Basic, by `client_id` and `client_secret`, or by a JWT your client signed
    (`private_key_jwt`, RFC 7523). A public client sends its `client_id` alone. With `scope` you can ask for
    fewer scopes than your client holds.
    """
    headers = request.headers
    try:
        token_request = token_requests.parse_token_request(
            headers.get("content-type", ""),
            headers.get("authorization"),
            request.url.query,
            await request.body(),
        )
        client = await identify(provider, token_request.credentials, network_of(request))
        tokens = await _issue(request, provider, client, token_request)
    except token_requests.OAuthError as error:
        raise to_problem(error) from error
    return Response(json.dumps(tokens), headers=NO_STORE, media_type="application/json")


async def _issue(
    request: Request, provider: TheProvider, client: Client, token_request: token_requests.TokenRequest
) -> dict[str, Any]:
    """Issue what the grant type stands for. Raises OAuthError."""
    match token_request.grant_type:
        case token_requests.AUTHORIZATION_CODE:
            return await authorization_codes.redeem_code(provider, client, token_request)
        case token_requests.REFRESH_TOKEN:
            return await refresh_tokens.rotate_refresh_token(provider, client, token_request)
        case token_requests.TOKEN_EXCHANGE:
            actor = await verify_token(request, token_request.fields.get("actor_token", ""))
            authenticated = require_authentication(client)
            return await token_exchange.exchange_token(provider, authenticated, token_request, actor)
        case _:
            authenticated = require_authentication(client)
            return client_credentials.issue_token(provider, authenticated, token_request.scope)


TOKEN_ERRORS = ErrorShape("token", render_oauth, TokenError, OAUTH_TEMPLATES)
"""Every error below ``/identity/token``."""
