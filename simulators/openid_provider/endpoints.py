"""The endpoints of both providers, at their real paths."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.openid_provider import logout, pages
from simulators.openid_provider.authorization import authorize_person
from simulators.openid_provider.authorization_request import IDENTITY_LEVELS, check_client, parse_request
from simulators.openid_provider.client_authentication import TokenRequest
from simulators.openid_provider.errors import AuthorizationError, PageError, TokenError
from simulators.openid_provider.faults import NO_FAULTS, apply_changes
from simulators.openid_provider.parameters import add_parameters, read_parameters
from simulators.openid_provider.providers import Provider, metadata
from simulators.openid_provider.state import SimulatorState
from simulators.openid_provider.tokens import exchange_code
from simulators.openid_provider.userinfo import read_userinfo

_NO_STORE = {"Cache-Control": "no-store"}
# The name of the function is the name by which faults and ``heard`` know the endpoint.
Handler = Callable[[SimulatorState, Provider, Request], Awaitable[Response]]


async def discovery(_: SimulatorState, provider: Provider, __: Request) -> Response:
    """Return the provider's metadata."""
    return JSONResponse(metadata(provider))


async def jwks(state: SimulatorState, provider: Provider, _: Request) -> Response:
    """Return the keys that sign id_tokens."""
    keys = state.keys[provider.kind].published()
    return JSONResponse({"keys": keys}, headers={"Cache-Control": "max-age=300"})


async def did(state: SimulatorState, provider: Provider, _: Request) -> Response:
    """Return the DID document, with the keys that sign proofs of identity."""
    methods = [
        {
            "type": "JsonWebKey",
            "id": f"{provider.did}#{key['kid']}",
            "controller": provider.did,
            "publicKeyJwk": {name: key[name] for name in ("kty", "crv", "x", "y", "alg")},
        }
        for key in state.identity_keys.published()
    ]
    context = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"]
    body = {"@context": context, "id": provider.did, "assertionMethod": methods}
    return JSONResponse(body, headers={"Cache-Control": "max-age=3600"})


async def trustmark(_: SimulatorState, provider: Provider, __: Request) -> Response:
    """Return the levels that vtm refers to."""
    levels = {"C": ["Cl", "Cl.Cm"], "P": list(IDENTITY_LEVELS)}
    return JSONResponse({"idp": provider.issuer, "trustmark_provider": provider.issuer, **levels})


async def authorize(state: SimulatorState, provider: Provider, request: Request) -> Response:
    """Show the page that asks who signs in; with ``auto``, redirect to the client at once."""
    parameters = await read_parameters(request)
    registered = state.clients.get(dict(parameters).get("client_id", ""))
    client, redirect_uri, client_state = check_client(provider, registered, parameters)
    try:
        parsed = parse_request(provider, client, parameters)
        if state.auto is None:
            return pages.render_choice(state, parsed, state.requests.add(parsed, state.now()))
        return _redirect(authorize_person(state, parsed, state.auto))
    except AuthorizationError as error:
        return redirect_error(redirect_uri, client_state, error, state.faults.redirect)


def redirect_error(
    redirect_uri: str, state: str, error: AuthorizationError, changes: Any = NO_FAULTS.redirect
) -> Response:
    """Redirect to the client with an error."""
    parameters = {"error": error.error, "error_description": error.description}
    if state:
        parameters["state"] = state
    return _redirect(add_parameters(redirect_uri, apply_changes(parameters, changes)))


def _redirect(url: str) -> Response:
    return RedirectResponse(url, 302, _NO_STORE)


async def token(state: SimulatorState, provider: Provider, request: Request) -> Response:
    """Exchange a code for tokens."""
    parameters = await read_parameters(request)
    if len(dict(parameters)) != len(parameters):
        raise TokenError("invalid_request", "A parameter was sent twice")
    token_request = TokenRequest(dict(parameters), request.headers.get("authorization", ""))
    return JSONResponse(await exchange_code(state, provider, token_request), headers=_NO_STORE)


async def userinfo(state: SimulatorState, provider: Provider, request: Request) -> Response:
    """Return the person's claims."""
    claims = read_userinfo(state, provider, request.headers.get("authorization", ""))
    return JSONResponse(claims, headers=_NO_STORE)


def routes(state: SimulatorState) -> list[Route]:
    """Build the routes of both providers."""

    def route(path: str, handler: Handler, *methods: str) -> Route:
        return Route(path, _endpoint(state, handler), methods=list(methods) or ["GET"])

    one_login = [
        route("/.well-known/openid-configuration", discovery),
        route("/.well-known/jwks.json", jwks),
        route("/.well-known/did.json", did),
        route("/trustmark", trustmark),
        route("/authorize", authorize, "GET", "POST"),
        route("/token", token, "POST"),
        route("/userinfo", userinfo),
        route("/logout", logout.logout, "GET", "POST"),
    ]
    directory = [
        route("/{tid}/v2.0/.well-known/openid-configuration", discovery),
        route("/{tid}/discovery/v2.0/keys", jwks),
        route("/{tid}/oauth2/v2.0/authorize", authorize, "GET", "POST"),
        route("/{tid}/oauth2/v2.0/token", token, "POST"),
        route("/{tid}/oauth2/v2.0/logout", logout.logout, "GET", "POST"),
        route("/{tid}/oidc/userinfo", userinfo),
    ]
    return [*one_login, *directory]


def _endpoint(state: SimulatorState, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a handler: find its provider, apply the faults of its name, answer errors in their form."""
    name = handler.__name__

    async def endpoint(request: Request) -> Response:
        tid = request.path_params.get("tid")
        if tid is not None and tid not in state.tenants:
            return pages.render_refusal(f"There is no tenant {tid}.", 404)
        provider = state.directory(tid) if tid else state.onelogin
        await asyncio.sleep(state.faults.slow.get(name, 0))
        if name in state.faults.status:
            return Response("This fault was chosen at the simulator.", state.faults.status[name])
        try:
            state.recorded[name].append(dict(await read_parameters(request)))
            return await handler(state, provider, request)
        except PageError as error:
            return pages.render_refusal(str(error), 400)
        except TokenError as error:
            return _token_error(error)

    return endpoint


def _token_error(error: TokenError) -> Response:
    body = {"error": error.error, "error_description": error.description}
    headers = dict(_NO_STORE)
    if error.status == 401:  # noqa: PLR2004 - RFC 6750 section 3, RFC 6749 section 5.2
        scheme = "Bearer" if error.error == "invalid_token" else "Basic"
        headers["WWW-Authenticate"] = f'{scheme} realm="simulator", error="{error.error}"'
    return JSONResponse(body, error.status, headers)
