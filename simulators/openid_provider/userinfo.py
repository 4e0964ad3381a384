"""The userinfo endpoint: the claims of the person whose access token is sent."""

from typing import Any

from simulators.openid_provider.claims import (
    contact_claims,
    core_identity_claims,
    identity_claims,
    identity_level,
    subject,
)
from simulators.openid_provider.errors import TokenError
from simulators.openid_provider.faults import apply_changes
from simulators.openid_provider.grants import Grant
from simulators.openid_provider.providers import Provider
from simulators.openid_provider.state import SimulatorState


def read_userinfo(state: SimulatorState, provider: Provider, authorization: str) -> dict[str, Any]:
    """Return the claims for an Authorization header. Raises TokenError for an unknown access token."""
    scheme, _, token = authorization.partition(" ")
    grant = state.tokens.find(token, state.now())
    if scheme.lower() != "bearer" or grant is None or grant.request.provider != provider:
        raise TokenError("invalid_token", "The access token is not known, or older than three minutes", 401)
    state.fail_endpoint(grant, "userinfo")
    claims: dict[str, Any] = {"sub": subject(grant.request, grant.person)}
    if provider.kind == "directory":
        member = state.tenants[provider.tenant].staff[grant.person]
        claims |= {"name": member.name, "given_name": member.given_name, "family_name": member.family}
    else:
        resident = state.residents[grant.person]
        claims |= contact_claims(grant.request, resident)
        if grant.request.levels:
            claims |= identity_claims(grant.request, resident, _core_identity_jwt(state, grant))
    return apply_changes(claims, state.faults_of(grant).userinfo)


def _core_identity_jwt(state: SimulatorState, grant: Grant) -> str:
    """Sign coreIdentityJWT; empty if no level was reached."""
    resident = state.residents[grant.person]
    level = identity_level(grant.request, resident)
    if not level:
        return ""
    faults = state.faults_of(grant)
    claims = core_identity_claims(grant.request, resident, level, int(state.now()))
    return state.identity_keys.sign(
        apply_changes(claims, faults.identity),
        "ES256",
        faults.identity_signed_by,
        f"{grant.request.provider.did}#",
    )
