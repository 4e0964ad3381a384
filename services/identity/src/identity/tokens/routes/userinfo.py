"""What a service may know of the person who signed in (OpenID Connect Core 5.3)."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from chassis.auth import public
from chassis.problems import ErrorShape, Problem
from identity.clients.routes.cors import CorsRoute
from identity.clients.routes.dependencies import TheProvider
from identity.shared.oauth import authorization_requests, claims, token_requests
from identity.shared.oauth_responses import NO_STORE
from identity.shared.schemas import TokenError
from identity.tokens.actions import introspection

router = APIRouter(tags=["sign-in"], route_class=CorsRoute)

_UNKNOWN: dict[int | str, dict[str, Any]] = {
    401: {"description": "No access token, or one that is not good"},
    403: {"description": "The token was not granted openid"},
}
_POSTED: dict[str, Any] = {
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
    """The person, as far as the service asked and the person agreed."""

    sub: str = Field(description="The person, as all services of this council know him")
    email: str | None = None
    email_verified: bool | None = None
    phone_number: str | None = Field(default=None, description="E.164, as +447700900123")
    phone_number_verified: bool | None = None
    core_identity: str | None = Field(
        default=None, alias=claims.CORE_IDENTITY, description="A signed statement; its keys are in did.json"
    )
    address: list[dict[str, Any]] | None = Field(default=None, alias=claims.ADDRESS)
    return_code: list[dict[str, str]] | None = Field(default=None, alias=claims.RETURN_CODE)


@router.get("/identity/userinfo", response_model=UserInfo, responses=_UNKNOWN)
async def read_userinfo(_: Annotated[None, public], request: Request, provider: TheProvider) -> Response:
    """The claims of the person behind an access token, which comes as `Authorization: Bearer`."""
    return await _answer(request, provider)


@router.post("/identity/userinfo", response_model=UserInfo, responses=_UNKNOWN, openapi_extra=_POSTED)
async def read_userinfo_by_post(
    _: Annotated[None, public], request: Request, provider: TheProvider
) -> Response:
    """The same by POST, as OpenID Connect has it; the token may stand in the form."""
    return await _answer(request, provider)


async def _answer(request: Request, provider: TheProvider) -> Response:
    state = request.app.state
    caller = await introspection.verify_token(state.verifier, state.directory, await _token(request))
    if caller is None:
        raise _invalid()
    provider.issuer.client_limiter.take(
        caller.client_id, caller.subject
    )  # one person's flood is nobody else's
    if "openid" not in caller.scopes:
        raise Problem(403, "insufficient_scope", "The token was not granted openid.")
    async with provider.database.writing() as session:
        row = await introspection.get_grant(session, caller)
        if row is None:
            raise _invalid()
        wanted = claims.list_by_scopes(caller.scopes) | frozenset(row.request["userinfo_claims"])
        found = await introspection.read_userinfo(session, provider, row, wanted)
    return JSONResponse(found, 200, NO_STORE)


async def _token(request: Request) -> str:
    """The access token, in the header or in the form (RFC 6750 sections 2.1 and 2.2), never in both."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    found = [
        one for one in (shown.strip() if scheme.lower() == "bearer" else "", await _typed(request)) if one
    ]
    if not found:
        raise Problem(401, "missing_token", "Send the access token as Authorization: Bearer.")
    if len(found) > 1:
        raise Problem(400, "invalid_request", "Send the access token in one place alone.")
    return found[0]


async def _typed(request: Request) -> str:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != token_requests.FORM:
        return ""
    try:
        fields = authorization_requests.parse_parameters((await request.body()).decode("ascii", "replace"))
    except authorization_requests.PageError as error:
        raise Problem(400, "invalid_request", str(error)) from error
    return fields.get("access_token", "") if request.method == "POST" else ""


def _invalid() -> Problem:
    return Problem(401, "invalid_token", "The access token is unknown, expired or revoked.")


def _render(_: Request, problem: Problem) -> Response:
    """RFC 6750 section 3: the error stands in WWW-Authenticate; without a token there is none to name."""
    code = problem.code if problem.code in {"invalid_token", "insufficient_scope"} else "invalid_request"
    headers = {**(problem.headers or {}), **NO_STORE}
    if problem.status_code in {401, 403}:
        named = "" if problem.code == "missing_token" else f' error="{code}"'
        headers["WWW-Authenticate"] = f"Bearer{named}"
    if problem.status_code >= 500:  # noqa: PLR2004
        code = "server_error"
    return JSONResponse({"error": code, "error_description": problem.detail}, problem.status_code, headers)


SHAPE = ErrorShape("userinfo", _render, TokenError)
