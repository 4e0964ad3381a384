"""Logout: RP-initiated, and back-channel to the clients (OpenID Connect specifications of these names)."""

import secrets

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from simulators.openid_provider import pages
from simulators.openid_provider.claims import subject
from simulators.openid_provider.errors import PageError
from simulators.openid_provider.grants import Grant
from simulators.openid_provider.http_client import open_client
from simulators.openid_provider.parameters import add_parameters, read_parameters
from simulators.openid_provider.providers import Provider
from simulators.openid_provider.state import SimulatorState

EVENT = "http://schemas.openid.net/event/backchannel-logout"
_TOKEN_SECONDS = 120
_ATTEMPTS = 3


async def logout(state: SimulatorState, provider: Provider, request: Request) -> Response:
    """End the session that id_token_hint names, then redirect to a URI that the client registered."""
    parameters = dict(await read_parameters(request))
    grant = _find_session(state, provider, parameters.get("id_token_hint", ""))
    redirect_uri = parameters.get("post_logout_redirect_uri", "")
    if grant is None or (redirect_uri and redirect_uri not in grant.request.client.post_logout_redirect_uris):
        raise PageError("You are signed out, but where to go on is not registered, or the hint is not valid")
    if grant in state.sessions:
        state.sessions.remove(grant)
        state.tokens.remove(grant)
        await send_logout_token(state, grant)
    if not redirect_uri:
        return pages.render_refusal("You are signed out of the simulator.", 200)
    returned = {"state": parameters["state"]} if "state" in parameters else {}
    return RedirectResponse(add_parameters(redirect_uri, returned), 302)


def _find_session(state: SimulatorState, provider: Provider, hint: str) -> Grant | None:
    """Find the session of an id_token that we signed. An expired one still names its session."""
    keys = KeySet.import_key_set({"keys": state.keys[provider.kind].published()})
    try:
        claims = jwt.decode(hint, keys, algorithms=[provider.algorithm]).claims
    except (JoseError, ValueError) as error:
        raise PageError(f"id_token_hint is not valid: {error!r}") from error
    return next((grant for grant in state.sessions if grant.sid == claims.get("sid")), None)


async def end_sessions(state: SimulatorState, person: str) -> None:
    """End every session of a person, and send logout tokens to the clients."""
    for grant in [grant for grant in state.sessions if grant.person == person]:
        await send_logout_token(state, grant)
        state.sessions.remove(grant)


async def send_logout_token(state: SimulatorState, grant: Grant) -> None:
    """Send a logout token to the client, if it registered a URI for them. Tries three times."""
    client, provider = grant.request.client, grant.request.provider
    if not client.backchannel_logout_uri:
        return
    now = int(state.now())
    claims = {
        "iss": provider.issuer,
        "sub": subject(grant.request, grant.person),
        "aud": client.client_id,
        "iat": now,
        "exp": now + _TOKEN_SECONDS,
        "jti": secrets.token_urlsafe(16),
        "events": {EVENT: {}},
    }
    form = {"logout_token": state.keys[provider.kind].sign(claims, provider.algorithm)}
    async with open_client(timeout=5) as http:
        for _ in range(_ATTEMPTS):
            try:
                if (await http.post(client.backchannel_logout_uri, data=form)).is_success:
                    return
            except httpx.HTTPError as error:
                print(f"back-channel logout: {client.backchannel_logout_uri}: {error!r}", flush=True)
