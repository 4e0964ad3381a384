"""The content of ID tokens and logout tokens."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from identity.shared.oauth.relying_party import ONELOGIN, RelyingParty

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_TYPE = "logout+jwt"
ID_TYPE = "JWT"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in at a client. ``subject`` and ``session`` as the client's council knows them; Unix seconds."""

    client_id: str
    subject: str
    session: str
    level: str
    authenticated_at: int
    nonce: str | None


def build_id_token(
    sign_in: SignIn, party: RelyingParty, issuer: str, access_token: str, claims: Mapping[str, Any], now: int
) -> dict[str, Any]:
    """Build an ID token (OIDC Core section 2); with ``vot`` and ``vtm`` for a client of profile onelogin."""
    content: dict[str, Any] = {
        "iss": issuer,
        "sub": sign_in.subject,
        "aud": sign_in.client_id,
        "iat": now,
        "exp": now + party.rules.id_token_seconds,
        "auth_time": sign_in.authenticated_at,
        "sid": sign_in.session,
        "at_hash": compute_at_hash(access_token),
    }
    if sign_in.nonce is not None:
        content["nonce"] = sign_in.nonce
    if party.profile == ONELOGIN:
        return {**content, "vot": sign_in.level, "vtm": f"{issuer}trustmark"}
    return {**claims, **content, "acr": sign_in.level}


def compute_at_hash(value: str) -> str:
    """Compute ``at_hash``: the left half of the SHA-256, for ES256 and RS256 alike (OIDC Core 3.1.3.6)."""
    digest = hashlib.sha256(value.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def build_logout_token(
    issuer: str, client_id: str, subject: str, session: str, token_id: str, now: int
) -> dict[str, Any]:
    """Build a logout token (Back-Channel Logout 1.0 section 2.4); without nonce, unlike an ID token."""
    return {
        "iss": issuer,
        "sub": subject,
        "aud": client_id,
        "iat": now,
        "exp": now + 120,
        "jti": token_id,
        "sid": session,
        "events": {LOGOUT_EVENT: {}},
    }
