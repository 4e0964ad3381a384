"""The userinfo endpoint (OpenID Connect Core 5.3)."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from chassis.auth import public
from chassis.problems import ErrorShape, Problem
from identity.clients.routes.cors import CorsRoute
from identity.clients.routes.dependencies import TheProvider
from identity.grants.actions import token_owner
from identity.shared.oauth import authorization_requests, token_requests
from identity.shared.oauth import claims as claim_names
from identity.shared.oauth_responses import BEARER_TEMPLATES, NO_STORE
from identity.shared.schemas import TokenError
from identity.tokens.actions import claims
from identity.tokens.routes.introspection import verify_token

router = APIRouter(tags=["sign-in"], route_class=CorsRoute)

_REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"description": "No access token, or one that is not good"},
    403: {"description": "The token was not granted openid"},
}
_FORM_OPERATION: dict[str, Any] = {
    "requestBody": {
        "content": {
            token_requests.FORM: {
                "schema": {
                    "type": "object",
                    "properties": {"access_token": {"type": "string", "maxLength": 4_096}},
                }
            }
        }
    },
    "x-limits": {"body": token_requests.MAX_BODY},
}


class UserInfo(BaseModel):
    """The person, as far as your service asked and they agreed."""

    sub: str = Field(description="The person, as all services of this council know them")
    name: str | None = Field(default=None, description="Of a member of the council's staff, at work")
    email: str | None = None
    email_verified: bool | None = None
    phone_number: str | None = Field(default=None, description="E.164, as +447700900123")
    phone_number_verified: bool | None = None
    core_identity: str | None = Field(
        default=None,
        alias=claim_names.CORE_IDENTITY,
        description="A signed statement; its keys are in did.json",
    )
    address: list[dict[str, Any]] | None = Field(default=None, alias=claim_names.ADDRESS)
    return_code: list[dict[str, str]] | None = Field(default=None, alias=claim_names.RETURN_CODE)


@router.get("/identity/userinfo", response_model=UserInfo, responses=_REFUSED)
async def read_userinfo(_: Annotated[None, public], request: Request, provider: TheProvider) -> Response:
    """Read the claims of the person who signed in. Send the access token as `Authorization: Bearer`."""
    return await _respond(request, provider)


@router.post("/identity/userinfo", response_model=UserInfo, responses=_REFUSED, openapi_extra=_FORM_OPERATION)
async def read_userinfo_by_post(
    _: Annotated[None, public], request: Request, provider: TheProvider
) -> Response:
    """Read the claims of the person who signed in, by POST. You may send the access token in the form."""
    return await _respond(request, provider)


async def _respond(request: Request, provider: TheProvider) -> Response:
    caller = await verify_token(request, await _read_token(request))
    if caller is None:
        raise _invalid_token()
    # Each person has a share of their own, so that one cannot use up the service's.
    provider.issuer.client_limiter.take(caller.client_id, caller.subject)
    if "openid" not in caller.scopes:
        raise Problem(403, "insufficient_scope", "The token was not granted openid.")
    async with provider.database.writing() as session:
        grant = await token_owner.get_grant(session, caller)
        if grant is None:
            raise _invalid_token()
        requested = claim_names.list_by_scopes(caller.scopes) | frozenset(grant.request["userinfo_claims"])
        content = await claims.read_userinfo(session, provider, grant, requested)
    return JSONResponse(content, 200, NO_STORE)


async def _read_token(request: Request) -> str:
    """Read the access token, from the header or the form (RFC 6750 sections 2.1, 2.2), never from both."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    in_header = credentials.strip() if scheme.lower() == "bearer" else ""
    in_form = await _read_form_token(request)
    if not in_header and not in_form:
        raise Problem(401, "missing_token", "Send the access token as Authorization: Bearer.")
    if in_header and in_form:
        raise Problem(400, "invalid_request", "Send the access token in one place alone.")
    return in_header or in_form


async def _read_form_token(request: Request) -> str:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != token_requests.FORM:
        return ""
    try:
        text = (await request.body()).decode("ascii", "replace")
        fields = authorization_requests.parse_parameters(text)
    except authorization_requests.PageError as error:
        raise Problem(400, "invalid_request", str(error)) from error
    return fields.get("access_token", "") if request.method == "POST" else ""


def _invalid_token() -> Problem:
    return Problem(401, "invalid_token", "The access token is unknown, expired or revoked.")


def _render(_: Request, problem: Problem) -> Response:
    """Render an error, with its code in WWW-Authenticate if a token was sent (RFC 6750 section 3)."""
    code = problem.code if problem.code in {"invalid_token", "insufficient_scope"} else "invalid_request"
    headers = {**(problem.headers or {}), **NO_STORE}
    if problem.status_code in {401, 403}:
        parameter = "" if problem.code == "missing_token" else f' error="{code}"'
        headers["WWW-Authenticate"] = f"Bearer{parameter}"
    if problem.status_code >= 500:  # noqa: PLR2004
        code = "server_error"
    return JSONResponse({"error": code, "error_description": problem.detail}, problem.status_code, headers)


SHAPE = ErrorShape("userinfo", _render, TokenError, BEARER_TEMPLATES)
