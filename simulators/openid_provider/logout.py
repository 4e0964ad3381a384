"""Signing out: a client's person comes (RP-initiated logout), and clients are told (back-channel logout)."""

import secrets

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from simulators.openid_provider import claims as told_claims
from simulators.openid_provider import pages
from simulators.openid_provider.errors import PageError
from simulators.openid_provider.grants import Grant
from simulators.openid_provider.parameters import sent as parameters_of
from simulators.openid_provider.providers import Provider
from simulators.openid_provider.sign_in import led_back
from simulators.openid_provider.state import SimulatorState

EVENT = "http://schemas.openid.net/event/backchannel-logout"
_SECONDS = 120
_TRIES = 3


async def logout(simulator: SimulatorState, provider: Provider, request: Request) -> Response:
    """End the session that id_token_hint names, then lead back where the client registered it."""
    given = dict(await parameters_of(request))
    grant = _session(simulator, provider, given.get("id_token_hint", ""))
    back = given.get("post_logout_redirect_uri", "")
    if grant is None or (back and back not in grant.request.client.post_logout_redirect_uris):
        raise PageError("You are signed out, but where to go on is not registered, or the hint does not hold")
    if grant in simulator.sessions:
        simulator.sessions.remove(grant)
        simulator.tokens.drop(grant)
        await tell(simulator, grant)
    if not back:
        return pages.refusal("You are signed out of the simulator.", 200)
    return RedirectResponse(led_back(back, {"state": given["state"]} if "state" in given else {}), 302)


def _session(simulator: SimulatorState, provider: Provider, hint: str) -> Grant | None:
    """By an id_token of ours; one whose time is over still says which session it was."""
    keys = KeySet.import_key_set({"keys": simulator.keys[provider.kind].published()})
    try:
        claims = jwt.decode(hint, keys, algorithms=[provider.algorithm]).claims
    except (JoseError, ValueError) as error:
        raise PageError(f"id_token_hint does not hold: {error!r}") from error
    return next((one for one in simulator.sessions if one.sid == claims.get("sid")), None)


async def sign_out_everywhere(simulator: SimulatorState, person: str) -> None:
    """End every session of a person, and tell each client that registered for it (back-channel logout)."""
    for grant in [grant for grant in simulator.sessions if grant.person == person]:
        await tell(simulator, grant)
        simulator.sessions.remove(grant)


async def tell(simulator: SimulatorState, grant: Grant) -> None:
    """POST a logout token to the client, where it registered an address for it; three tries."""
    asked = grant.request
    if not asked.client.backchannel_logout_uri:
        return
    now = int(simulator.now())
    claims = {
        "iss": asked.provider.issuer,
        "sub": told_claims.subject(asked, grant.person),
        "aud": asked.client.client_id,
        "iat": now,
        "exp": now + _SECONDS,
        "jti": secrets.token_urlsafe(16),
        "events": {EVENT: {}},
    }
    form = {"logout_token": simulator.keys[asked.provider.kind].sign(claims, asked.provider.algorithm)}
    async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
        for _ in range(_TRIES):
            try:
                if (await http.post(asked.client.backchannel_logout_uri, data=form)).is_success:
                    return
            except httpx.HTTPError as error:
                print(f"back-channel logout: {asked.client.backchannel_logout_uri}: {error!r}", flush=True)
