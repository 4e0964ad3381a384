"""A sign-in at the simulator: from what is asked to the way back, and from the code to what is told."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from simulators.openid_provider import claims as told_claims
from simulators.openid_provider import clients
from simulators.openid_provider.authorization_request import Asked
from simulators.openid_provider.clients import Shown
from simulators.openid_provider.errors import TokenError, WayBackError
from simulators.openid_provider.faults import NONE, Faults, changed
from simulators.openid_provider.grants import TOKEN_SECONDS, Grant
from simulators.openid_provider.providers import RETURN_CODE, Provider
from simulators.openid_provider.state import SimulatorState

ERRORS = (
    "access_denied",
    "temporarily_unavailable",
    "server_error",
    "login_required",
    "interaction_required",
)
OF_ONE_SIGN_IN = frozenset({"token", "userinfo"})
"""The endpoints that can fail for one sign-in and not for another."""


def answer(simulator: SimulatorState, asked: Asked, choice: str, faults: Faults = NONE) -> str:
    """The URL that leads back to the client once the person has chosen: with a code, or an error's name.

    Raises WayBackError for an error, and KeyError for who is not there.
    """
    if choice in ERRORS:
        raise WayBackError(choice, "Chosen at the simulator")
    if asked.provider.kind == "directory":
        if not simulator.tenants[asked.provider.tenant].staff[choice].active:
            raise WayBackError("access_denied", "AADSTS50057: The user account is disabled")
    else:
        person = simulator.residents[choice]
        if asked.levels and not told_claims.reached(asked, person) and RETURN_CODE not in asked.claims:
            raise WayBackError("access_denied", "The identity could not be proven")
    grant = Grant(asked, choice, int(simulator.now()), faults)
    simulator.sessions.append(grant)
    parameters = {"code": simulator.codes.add(grant, simulator.now()), "state": asked.state}
    return led_back(asked.redirect_uri, changed(parameters, _faults(simulator, grant).redirect))


def _faults(simulator: SimulatorState, grant: Grant) -> Faults:
    """Those chosen for this sign-in, else those that hold for all."""
    return simulator.faults if grant.faults is NONE else grant.faults


def led_back(redirect_uri: str, parameters: Mapping[str, str]) -> str:
    """The redirect URI with these parameters beside its own."""
    parts = urlsplit(redirect_uri)
    query = "&".join(part for part in (parts.query, urlencode(parameters)) if part)
    return urlunsplit(parts._replace(query=query))


async def tokens(simulator: SimulatorState, provider: Provider, shown: Shown) -> dict[str, Any]:
    """The token endpoint's answer to a code. TokenError."""
    await _authenticate(simulator, provider, shown)
    if shown.form.get("grant_type") != "authorization_code":
        raise TokenError("unsupported_grant_type", "grant_type must be authorization_code")
    grant = _spend(simulator, provider, shown)
    now = simulator.now()
    access_token = simulator.tokens.add(grant, now)
    claims = told_claims.id_token(grant, access_token, int(now))
    if provider.kind == "onelogin":
        claims |= told_claims.of_trust(grant.request)
    else:
        member = simulator.tenants[provider.tenant].staff[grant.person]
        claims |= told_claims.of_directory(grant.request, member)
    faults = _faults(simulator, grant)
    _fail(faults, "token")
    claims = changed(claims, faults.id_token)
    keys, how = simulator.keys[provider.kind], faults.signed_by
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS,
        "id_token": keys.sign(claims, provider.algorithm, how),
    }


def _fail(faults: Faults, endpoint: str) -> None:
    if endpoint in faults.status:
        raise TokenError("server_error", "The simulator was told to answer so", faults.status[endpoint])


async def _authenticate(simulator: SimulatorState, provider: Provider, shown: Shown) -> None:
    """Leaves the client's id in the form. TokenError unless it is shown who the client is."""
    client_id, way = clients.names(shown)
    client = simulator.clients.get(client_id)
    if client is None or (client.kind, client.tenant) != (provider.kind, provider.tenant):
        raise TokenError("invalid_client", "No client is registered here under that client_id", 401)
    if way == "assertion":
        audiences = (provider.token, provider.issuer)
        shown_by = await clients.check_assertion(client, shown, audiences, simulator.fetch, simulator.now())
        simulator.assertions.use(f"{client_id} {shown_by[0]}", shown_by[1], simulator.now())
    elif provider.kind == "onelogin":
        raise TokenError("invalid_client", "One Login's client here is registered with private_key_jwt", 401)
    else:
        clients.check_secret(client, shown, way)
    shown.form = {**shown.form, "client_id": client_id}


def _spend(simulator: SimulatorState, provider: Provider, shown: Shown) -> Grant:
    """The grant of a code that is this client's and was not used. A second use ends what the first gave."""
    grant = simulator.codes.find(shown.form.get("code", ""), simulator.now())
    if grant is None or grant.request.provider != provider:
        raise TokenError("invalid_grant", "The code is not known, or is older than five minutes")
    asked = grant.request
    if asked.client.client_id != shown.form["client_id"]:
        raise TokenError("invalid_grant", "The code was given to another client")
    if grant.spent:
        simulator.tokens.drop(grant)
        raise TokenError("invalid_grant", "The code was used before")
    grant.spent = True
    if shown.form.get("redirect_uri") != asked.redirect_uri:
        raise TokenError("invalid_grant", "redirect_uri is not that of the request")
    digest = hashlib.sha256(shown.form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=")
    if not hmac.compare_digest(challenge, asked.challenge.encode()):
        raise TokenError("invalid_grant", "code_verifier does not fit code_challenge")
    return grant


def userinfo(simulator: SimulatorState, provider: Provider, authorization: str) -> dict[str, Any]:
    """Userinfo's answer. TokenError for a token that is not there."""
    scheme, _, token = authorization.partition(" ")
    grant = simulator.tokens.find(token, simulator.now())
    if scheme.lower() != "bearer" or grant is None or grant.request.provider != provider:
        raise TokenError("invalid_token", "The access token is not known, or older than three minutes", 401)
    asked, faults = grant.request, _faults(simulator, grant)
    _fail(faults, "userinfo")
    told: dict[str, Any] = {"sub": told_claims.subject(asked, grant.person)}
    if provider.kind == "directory":
        member = simulator.tenants[provider.tenant].staff[grant.person]
        told |= {"name": member.name, "given_name": member.given, "family_name": member.family}
        return changed(told, faults.userinfo)
    person = simulator.residents[grant.person]
    told |= told_claims.contact(asked, person)
    if asked.levels:
        told |= told_claims.of_identity(asked, person, _identity(simulator, grant))
    return changed(told, faults.userinfo)


def _identity(simulator: SimulatorState, grant: Grant) -> str:
    """coreIdentityJWT; empty where the level was not reached."""
    person = simulator.residents[grant.person]
    level = told_claims.reached(grant.request, person)
    if not level:
        return ""
    claims = told_claims.unsigned_identity(grant.request, person, level, int(simulator.now()))
    faults = _faults(simulator, grant)
    prefix = f"{grant.request.provider.did}#"
    return simulator.identity_keys.sign(
        changed(claims, faults.identity), "ES256", faults.identity_signed_by, prefix
    )
