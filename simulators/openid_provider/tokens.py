"""The token endpoint: a code is exchanged for an access token and an id_token."""

import base64
import hashlib
import hmac
from typing import Any

from simulators.openid_provider.claims import directory_claims, id_token_claims, trust_claims
from simulators.openid_provider.client_authentication import (
    TokenRequest,
    check_assertion,
    check_secret,
    identify_client,
)
from simulators.openid_provider.errors import TokenError
from simulators.openid_provider.faults import apply_changes
from simulators.openid_provider.grants import TOKEN_SECONDS, Grant
from simulators.openid_provider.providers import Provider
from simulators.openid_provider.state import SimulatorState


async def exchange_code(state: SimulatorState, provider: Provider, request: TokenRequest) -> dict[str, Any]:
    """Answer a token request. Raises TokenError."""
    client_id = await _authenticate_client(state, provider, request)
    if request.form.get("grant_type") != "authorization_code":
        raise TokenError("unsupported_grant_type", "grant_type must be authorization_code")
    grant = _redeem_code(state, provider, request, client_id)
    now = state.now()
    access_token = state.tokens.add(grant, now)
    id_claims = id_token_claims(grant, access_token, int(now))
    if provider.kind == "onelogin":
        id_claims |= trust_claims(grant.request)
    else:
        id_claims |= directory_claims(grant.request, state.tenants[provider.tenant].staff[grant.person])
    faults = state.faults_of(grant)
    state.fail_endpoint(grant, "token")
    id_claims = apply_changes(id_claims, faults.id_token)
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS,
        "id_token": state.keys[provider.kind].sign(id_claims, provider.algorithm, faults.signed_by),
    }


async def _authenticate_client(state: SimulatorState, provider: Provider, request: TokenRequest) -> str:
    """Authenticate the client and return its client_id. Raises TokenError."""
    client_id, method = identify_client(request)
    client = state.clients.get(client_id)
    if client is None or (client.kind, client.tenant) != (provider.kind, provider.tenant):
        raise TokenError("invalid_client", "No client is registered here under that client_id", 401)
    if method == "assertion":
        audiences = (provider.token, provider.issuer)
        jti, expiry = await check_assertion(client, request, audiences, state.fetch, state.now())
        state.assertions.use(f"{client_id} {jti}", expiry, state.now())
    elif provider.kind == "onelogin":
        raise TokenError("invalid_client", "One Login's client here is registered with private_key_jwt", 401)
    else:
        check_secret(client, request, method)
    return client_id


def _redeem_code(state: SimulatorState, provider: Provider, request: TokenRequest, client_id: str) -> Grant:
    """Return the grant of an unused code of this client. A second use revokes the access token."""
    grant = state.codes.find(request.form.get("code", ""), state.now())
    if grant is None or grant.request.provider != provider:
        raise TokenError("invalid_grant", "The code is not known, or is older than five minutes")
    if grant.request.client.client_id != client_id:
        raise TokenError("invalid_grant", "The code was given to another client")
    if grant.code_used:
        state.tokens.remove(grant)
        raise TokenError("invalid_grant", "The code was used before")
    grant.code_used = True
    if request.form.get("redirect_uri") != grant.request.redirect_uri:
        raise TokenError("invalid_grant", "redirect_uri is not that of the request")
    digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=")
    if not hmac.compare_digest(challenge, grant.request.code_challenge.encode()):
        raise TokenError("invalid_grant", "code_verifier does not fit code_challenge")
    return grant
