"""The simulator's application: the endpoints of both providers, by their real paths."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.openid_provider import authorization_request, logout, pages, sign_in
from simulators.openid_provider.clients import Shown
from simulators.openid_provider.errors import PageError, TokenError, WayBackError
from simulators.openid_provider.faults import NONE, changed
from simulators.openid_provider.parameters import sent as parameters_of
from simulators.openid_provider.providers import Provider, metadata
from simulators.openid_provider.state import SimulatorState

_NO_STORE = {"Cache-Control": "no-store"}
Answering = Callable[[SimulatorState, Provider, Request], Awaitable[Response]]


async def discovery(_: SimulatorState, provider: Provider, __: Request) -> Response:
    """The provider's metadata."""
    return JSONResponse(metadata(provider))


async def jwks(simulator: SimulatorState, provider: Provider, _: Request) -> Response:
    """The keys that sign id_tokens."""
    keys = simulator.keys[provider.kind].published()
    return JSONResponse({"keys": keys}, headers={"Cache-Control": "max-age=300"})


async def did(simulator: SimulatorState, provider: Provider, _: Request) -> Response:
    """The keys that sign proofs of identity, as a DID document."""
    methods = [
        {
            "type": "JsonWebKey",
            "id": f"{provider.did}#{key['kid']}",
            "controller": provider.did,
            "publicKeyJwk": {name: key[name] for name in ("kty", "crv", "x", "y", "alg")},
        }
        for key in simulator.identity_keys.published()
    ]
    context = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"]
    body = {"@context": context, "id": provider.did, "assertionMethod": methods}
    return JSONResponse(body, headers={"Cache-Control": "max-age=3600"})


async def trustmark(_: SimulatorState, provider: Provider, __: Request) -> Response:
    """What the levels are, as vtm points to it."""
    levels = {"C": ["Cl", "Cl.Cm"], "P": list(authorization_request.LEVELS)}
    return JSONResponse({"idp": provider.issuer, "trustmark_provider": provider.issuer, **levels})


async def authorize(simulator: SimulatorState, provider: Provider, request: Request) -> Response:
    """The page where the tester says who signs in; with ``auto``, the way back at once."""
    sent = await parameters_of(request)
    client = simulator.clients.get(dict(sent).get("client_id", ""))
    back, state = authorization_request.way_back(provider, client, sent)
    if client is None:
        raise PageError("No client is registered here under that client_id")
    try:
        asked = authorization_request.read(provider, client, sent)
        if simulator.auto is None:
            return pages.choice(simulator, asked, simulator.visits.add(asked, simulator.now()))
        return _redirect(sign_in.answer(simulator, asked, simulator.auto))
    except WayBackError as error:
        return refused(back, state, error, simulator.faults.redirect)


def refused(back: str, state: str, error: WayBackError, changes: Any = NONE.redirect) -> Response:
    """The way back with an error."""
    parameters = {"error": error.error, "error_description": error.description}
    if state:
        parameters["state"] = state
    return _redirect(sign_in.led_back(back, changed(parameters, changes)))


def _redirect(url: str) -> Response:
    return RedirectResponse(url, 302, _NO_STORE)


async def token(simulator: SimulatorState, provider: Provider, request: Request) -> Response:
    """A code against tokens."""
    sent = await parameters_of(request)
    if len(dict(sent)) != len(sent):
        raise TokenError("invalid_request", "A parameter was sent twice")
    shown = Shown(dict(sent), request.headers.get("authorization", ""))
    return JSONResponse(await sign_in.tokens(simulator, provider, shown), headers=_NO_STORE)


async def userinfo(simulator: SimulatorState, provider: Provider, request: Request) -> Response:
    """What the client is told of the person."""
    told = sign_in.userinfo(simulator, provider, request.headers.get("authorization", ""))
    return JSONResponse(told, headers=_NO_STORE)


def routes(simulator: SimulatorState) -> list[Route]:
    """Both providers' paths."""

    def at(path: str, answering: Answering, *methods: str) -> Route:
        return Route(path, _endpoint(simulator, answering), methods=list(methods) or ["GET"])

    each = [
        at("/{tid}/v2.0/.well-known/openid-configuration", discovery),
        at("/{tid}/discovery/v2.0/keys", jwks),
        at("/{tid}/oauth2/v2.0/authorize", authorize, "GET", "POST"),
        at("/{tid}/oauth2/v2.0/token", token, "POST"),
        at("/{tid}/oauth2/v2.0/logout", logout.logout, "GET", "POST"),
        at("/{tid}/oidc/userinfo", userinfo),
    ]
    one_login = [
        at("/.well-known/openid-configuration", discovery),
        at("/.well-known/jwks.json", jwks),
        at("/.well-known/did.json", did),
        at("/trustmark", trustmark),
        at("/authorize", authorize, "GET", "POST"),
        at("/token", token, "POST"),
        at("/userinfo", userinfo),
        at("/logout", logout.logout, "GET", "POST"),
    ]
    return [*one_login, *each]


def _endpoint(simulator: SimulatorState, answering: Answering) -> Callable[[Request], Awaitable[Response]]:
    """With the faults of its name, and refusals in their shapes."""
    name = answering.__name__

    async def endpoint(request: Request) -> Response:
        tid = request.path_params.get("tid")
        if tid is not None and tid not in simulator.tenants:
            return pages.refusal(f"There is no tenant {tid}.", 404)
        provider = simulator.directory(tid) if tid else simulator.onelogin
        await asyncio.sleep(simulator.faults.slow.get(name, 0))
        if name in simulator.faults.status:
            return Response("The simulator was told to answer so.", simulator.faults.status[name])
        return await _kept(answering, simulator, provider, request)

    return endpoint


async def _kept(
    answering: Answering, simulator: SimulatorState, provider: Provider, request: Request
) -> Response:
    try:
        simulator.heard[answering.__name__].append(dict(await parameters_of(request)))
        return await answering(simulator, provider, request)
    except PageError as error:
        return pages.refusal(str(error), 400)
    except TokenError as error:
        body = {"error": error.error, "error_description": error.description}
        headers = dict(_NO_STORE)
        if error.status == 401:  # noqa: PLR2004 - RFC 6750 section 3, RFC 6749 section 5.2
            scheme = "Bearer" if error.error == "invalid_token" else "Basic"
            headers["WWW-Authenticate"] = f'{scheme} realm="simulator", error="{error.error}"'
        return JSONResponse(body, error.status, headers)
