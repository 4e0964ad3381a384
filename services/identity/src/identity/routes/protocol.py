"""What clients post besides token requests: pushed requests (RFC 9126), introspection, revocation."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from chassis.auth import public
from chassis.problems import ErrorShape, Problem
from identity.actions import answering, asking, inspecting
from identity.actions.provider import Known, authenticate, authenticated
from identity.routes.across import FromApps
from identity.routes.authorize import POSTED
from identity.routes.issuer import NO_STORE, as_problem, render_oauth
from identity.routes.parts import LiveAtOnce, TheProvider, network_of
from identity.rules import oauth, parties
from identity.rules.authorisation import PageError, RequestError
from identity.schemas import TokenError

router = APIRouter(tags=["issuer"], route_class=FromApps)

SHAPES = tuple(ErrorShape(base, render_oauth, TokenError) for base in ("par", "introspect", "revoke"))
_TOKEN: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            oauth.FORM: {
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
    "x-limits": {"body": oauth.MAX_BODY},
}
_UNKNOWN: dict[int | str, dict[str, Any]] = {401: {"description": "The client is not authenticated"}}


class Pushed(BaseModel):
    """A request that is kept (RFC 9126 section 2.2)."""

    request_uri: str = Field(description="Send it with client_id to the authorisation endpoint, once")
    expires_in: int = Field(description="Seconds")


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


@router.post(
    "/identity/par", status_code=201, response_model=Pushed, responses=_UNKNOWN, openapi_extra=POSTED
)
async def push_request(_: Annotated[None, public], request: Request, provider: TheProvider) -> Response:
    """Keep a request for sign-in for the client that shows who it is (RFC 9126)."""
    known, fields = await _client(request, provider, "par")
    given = {name: value for name, value in fields.items() if not name.startswith("client_")}
    given["client_id"] = known.client_id
    share = network_of(request) if known.party.public else ""
    try:
        if "request_uri" in given:
            raise RequestError("invalid_request", "A pushed request has no request_uri.")
        async with provider.admit(known.client_id, share):
            checked = await asking.judge(provider, known, given, "par")
            async with provider.database.writing() as session:
                uri = await answering.push(session, provider, known, checked)
    except PageError as error:
        raise Problem(400, "invalid_request", str(error)) from error
    except RequestError as error:
        raise Problem(400, error.error, error.description) from error
    return JSONResponse({"request_uri": uri, "expires_in": parties.PUSHED_SECONDS}, 201, NO_STORE)


@router.post("/identity/introspect", response_model=Introspection, responses=_UNKNOWN, openapi_extra=_TOKEN)
async def introspect_token(_: Annotated[None, public], request: Request, provider: TheProvider) -> Response:
    """What a token is worth now (RFC 7662). A client sees tokens for its own council."""
    known, fields = await _client(request, provider, "introspect")
    token = _token(fields)
    caller = await _caller(request, token)
    async with provider.database.reading() as session:
        found = await inspecting.introspect(session, provider, known, caller, token)
    return JSONResponse(found, 200, NO_STORE)


@router.post("/identity/revoke", responses=_UNKNOWN, openapi_extra=_TOKEN)
async def revoke_token(
    _: Annotated[None, public], _live: LiveAtOnce, request: Request, provider: TheProvider
) -> Response:
    """Revoke a token of the client's own; with a refresh token all that was granted with it (RFC 7009)."""
    known, fields = await _client(request, provider, "revoke")
    token = _token(fields)
    caller = await _caller(request, token)
    async with provider.database.writing() as session:
        await inspecting.revoke(session, provider, known, caller, token)
    return Response(None, 200, NO_STORE)


async def _client(request: Request, provider: TheProvider, endpoint: str) -> tuple[Known, dict[str, str]]:
    headers = request.headers
    try:
        kind = headers.get("content-type", "")
        fields = oauth.read_form(kind, request.url.query, await request.body())
        shown = oauth.credentials(headers.get("authorization"), fields)
        known = await authenticate(provider, shown, network_of(request), endpoint)
        if endpoint == "par":
            known.party  # noqa: B018 - raises for a mere machine
        if endpoint == "introspect":
            authenticated(known)
    except oauth.OAuthError as error:
        raise as_problem(error) from error
    return known, fields


def _token(fields: dict[str, str]) -> str:
    if "token" not in fields:
        raise Problem(400, "invalid_request", "token is missing.")
    return fields["token"]


async def _caller(request: Request, token: str) -> Any:
    state = request.app.state
    return await inspecting.caller_of(state.verifier, state.directory, token)
