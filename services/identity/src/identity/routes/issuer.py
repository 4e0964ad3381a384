"""The issuer's public face: discovery, keys, the token endpoint."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from chassis.auth import Caller, public
from chassis.problems import ErrorShape, Problem
from identity.actions import discovery, exchanging, inspecting, issuing, redeeming
from identity.actions.issuer import Issuer
from identity.actions.provider import authenticate
from identity.routes.across import FromApps
from identity.routes.parts import IfNoneMatch, TheIssuer, TheProvider, cached, network_of, not_modified
from identity.rules import assertions, identity, oauth, vectors
from identity.schemas import DidDocument, Jwks, Metadata, Token, TokenError, Trustmark

router = APIRouter(tags=["issuer"], route_class=FromApps)

_A_DAY = "public, max-age=86400"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_OAUTH_ERRORS = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_request_object",
        "unsupported_response_type",
        "temporarily_unavailable",
    }
)
_FORM = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"type": "string", "enum": list(oauth.GRANTS)},
        "code": {"type": "string", "maxLength": 100},
        "redirect_uri": {"type": "string", "maxLength": 2_000},
        "code_verifier": {"type": "string", "maxLength": 128},
        "refresh_token": {"type": "string", "maxLength": 100},
        "subject_token": {"type": "string", "maxLength": 200},
        "subject_token_type": {"type": "string", "enum": [oauth.SUBJECT]},
        "actor_token": {"type": "string", "maxLength": 4_096},
        "actor_token_type": {"type": "string", "enum": [oauth.ACCESS_TOKEN]},
        "requested_token_type": {"type": "string", "enum": [oauth.ACCESS_TOKEN]},
        "theme": {"type": "string", "maxLength": 40},
        "scope": {"type": "string", "maxLength": 2_000, "example": "address:read"},
        "client_id": {"type": "string", "maxLength": 100},
        "client_secret": {"type": "string", "maxLength": 200},
        "client_assertion_type": {"type": "string", "enum": [oauth.ASSERTION_TYPE]},
        "client_assertion": {"type": "string", "maxLength": assertions.MAX_LENGTH},
    },
}
_TOKEN_OPERATION: dict[str, Any] = {
    "requestBody": {"required": True, "content": {oauth.FORM: {"schema": _FORM}}},
    "x-limits": {"body": oauth.MAX_BODY},
}


@router.get("/identity/.well-known/openid-configuration", response_model=Metadata, responses=not_modified())
async def read_openid_configuration(
    _: Annotated[None, public], issuer: TheIssuer, if_none_match: IfNoneMatch = None
) -> Response:
    """What the issuer offers, where OpenID Connect clients look for it."""
    return _metadata(issuer, if_none_match)


@router.get(
    "/identity/.well-known/oauth-authorization-server", response_model=Metadata, responses=not_modified()
)
async def read_oauth_metadata(
    _: Annotated[None, public], issuer: TheIssuer, if_none_match: IfNoneMatch = None
) -> Response:
    """What the issuer offers, where OAuth clients look for it (RFC 8414)."""
    return _metadata(issuer, if_none_match)


@router.get("/identity/.well-known/jwks.json", response_model=Jwks, responses=not_modified())
async def read_jwks(
    _: Annotated[None, public], issuer: TheIssuer, if_none_match: IfNoneMatch = None
) -> Response:
    """The keys with which tokens are checked. A new key is here long before it signs."""
    body = json.dumps({"keys": issuer.published()}).encode()
    return cached(body, if_none_match, f"public, max-age={issuer.settings.jwks_max_age}")


@router.get("/identity/did.json", response_model=DidDocument, responses=not_modified())
async def read_did(
    _: Annotated[None, public], issuer: TheIssuer, if_none_match: IfNoneMatch = None
) -> Response:
    """The keys of signed statements of identity, where did:web has them."""
    return _did(issuer, if_none_match)


@router.get("/identity/.well-known/did.json", response_model=DidDocument, responses=not_modified())
async def read_well_known_did(
    _: Annotated[None, public], issuer: TheIssuer, if_none_match: IfNoneMatch = None
) -> Response:
    """The same where services written for GOV.UK One Login look for it."""
    return _did(issuer, if_none_match)


@router.get("/identity/trustmark", response_model=Trustmark, responses=not_modified())
async def read_trustmark(
    _: Annotated[None, public], issuer: TheIssuer, if_none_match: IfNoneMatch = None
) -> Response:
    """What `vot` may say here: the claim `vtm` of tokens points to it (RFC 8485)."""
    mark = Trustmark(
        idp=issuer.url,
        trustmark_provider=issuer.url,
        C=list(vectors.CREDENTIAL_LEVELS),
        P=list(vectors.IDENTITY_LEVELS),
    )
    return cached(mark.model_dump_json().encode(), if_none_match, _A_DAY)


def _did(issuer: Issuer, if_none_match: str | None) -> Response:
    body = json.dumps(identity.document(issuer.url, issuer.published())).encode()
    return cached(body, if_none_match, f"public, max-age={issuer.settings.jwks_max_age}")


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
        asked = oauth.read_request(
            headers.get("content-type", ""),
            headers.get("authorization"),
            request.url.query,
            await request.body(),
        )
        known = await authenticate(provider, asked.credentials, network_of(request))
        if asked.grant == oauth.CLIENT_CREDENTIALS:
            token = issuing.issue(provider, known, asked.scope)
        elif asked.grant == oauth.EXCHANGE:
            actor = await _actor(request, asked.fields.get("actor_token", ""))
            token = await exchanging.exchange(provider, known, asked, actor)
        else:
            token = await redeeming.redeem(provider, known, asked)
    except oauth.OAuthError as error:
        raise as_problem(error) from error
    return Response(json.dumps(token), headers=NO_STORE, media_type="application/json")


async def _actor(request: Request, token: str) -> Caller | None:
    state = request.app.state
    return await inspecting.caller_of(state.verifier, state.directory, token)


def as_problem(error: oauth.OAuthError) -> Problem:
    """The error as the application's own; ``render_oauth`` writes it as OAuth has it."""
    return Problem(error.status, error.error, error.description)


def render_oauth(_: Request, problem: Problem) -> Response:
    """Errors in the shape of RFC 6749 section 5.2."""
    headers = {**(problem.headers or {}), **NO_STORE}
    if problem.status_code == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = 'Basic realm="identity"'
    error = problem.code
    if error not in _OAUTH_ERRORS:
        error = "invalid_request" if problem.status_code < 500 else "server_error"  # noqa: PLR2004
    return JSONResponse({"error": error, "error_description": problem.detail}, problem.status_code, headers)


TOKEN_ERRORS = ErrorShape("token", render_oauth, TokenError)
"""Every error below ``/identity/token``."""


def _metadata(issuer: Issuer, if_none_match: str | None) -> Response:
    metadata = Metadata.model_validate(discovery.metadata(issuer.url))
    return cached(metadata.model_dump_json(exclude_none=True).encode(), if_none_match, _A_DAY)
