"""Pushed authorization requests (RFC 9126)."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from chassis.auth import public
from chassis.problems import ErrorShape, Problem
from chassis.rates import network_of
from identity.authorization.actions import authorization_flow, authorization_request
from identity.authorization.routes.authorize import FORM_OPERATION
from identity.clients.actions.authentication import Client
from identity.clients.routes.cors import CorsRoute
from identity.clients.routes.dependencies import TheProvider, identify_client
from identity.shared.oauth import relying_party, token_requests
from identity.shared.oauth.authorization_requests import PageError, RequestError
from identity.shared.oauth_responses import NO_STORE, OAUTH_TEMPLATES, render_oauth, to_problem
from identity.shared.schemas import TokenError

router = APIRouter(tags=["issuer"], route_class=CorsRoute)

SHAPE = ErrorShape("par", render_oauth, TokenError, OAUTH_TEMPLATES)
_UNKNOWN: dict[int | str, dict[str, Any]] = {401: {"description": "The client is not authenticated"}}


class Pushed(BaseModel):
    """A saved request (RFC 9126 section 2.2)."""

    request_uri: str = Field(description="Send it with client_id to the authorization endpoint, once")
    expires_in: int = Field(description="Seconds")


@router.post(
    "/identity/par", status_code=201, response_model=Pushed, responses=_UNKNOWN, openapi_extra=FORM_OPERATION
)
async def push_request(_: Annotated[None, public], request: Request, provider: TheProvider) -> Response:
    """Push an authorization request (RFC 9126). Authenticate as at the token endpoint."""
    client, fields = await identify_client(request, provider, "par")
    _require_relying_party(client)
    parameters = {name: value for name, value in fields.items() if not name.startswith("client_")}
    parameters["client_id"] = client.client_id
    share = network_of(request) if client.party.public else ""
    try:
        if "request_uri" in parameters:
            raise RequestError("invalid_request", "A pushed request has no request_uri.")
        async with provider.admit_sign_in(client.client_id, share):
            checked = await authorization_request.check_pushed_request(provider, client, parameters)
            async with provider.database.writing() as session:
                uri = await authorization_flow.push_request(session, provider, client, checked)
    except PageError as error:
        raise Problem(400, "invalid_request", str(error)) from error
    except RequestError as error:
        raise Problem(400, error.error, error.description) from error
    return JSONResponse({"request_uri": uri, "expires_in": relying_party.PUSHED_SECONDS}, 201, NO_STORE)


def _require_relying_party(client: Client) -> None:
    """Raise Problem for a client that is not registered to sign people in."""
    try:
        client.party  # noqa: B018 - raises
    except token_requests.OAuthError as error:
        raise to_problem(error) from error
