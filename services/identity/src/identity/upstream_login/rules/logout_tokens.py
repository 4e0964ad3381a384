"""Verify an upstream's logout token (OpenID Connect Back-Channel Logout 1.0)."""

from dataclasses import dataclass
from uuid import UUID

from identity.upstream_login.rules import id_tokens
from identity.upstream_login.rules.id_tokens import InvalidTokenError
from identity.upstreams.rules.metadata import Keys
from identity.verification.rules import codes

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True, slots=True)
class LogoutToken:
    """A valid logout token. ``subject``: whose sessions ended; ``session_id``: which one, if only one."""

    token_id: str
    subject: str | None
    session_id: str | None
    issued_at: float


def verify_logout_token(text: str, keys: Keys, issuer: str, client_id: str, now: float) -> LogoutToken:
    """Verify a logout token (section 2.6), and that it is no id_token. Raises InvalidTokenError."""
    claims = id_tokens.verify_signature(text, keys, id_tokens.ALGORITHMS)
    if claims.get("iss") != issuer:
        raise InvalidTokenError("iss is another issuer")
    id_tokens.check_audience(claims, client_id)
    id_tokens.check_times(claims, now)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise InvalidTokenError("events does not say that somebody has signed out")
    if "nonce" in claims:
        raise InvalidTokenError("it has a nonce: it is an id_token")
    subject, session_id = (
        id_tokens.get_text(claims, name) if name in claims else None for name in ("sub", "sid")
    )
    if subject is None and session_id is None:
        raise InvalidTokenError("it has neither sub nor sid")
    issued_at = id_tokens.get_numeric_date(claims, "iat") or now
    return LogoutToken(id_tokens.get_text(claims, "jti"), subject, session_id, issued_at)


def hash_name(key: bytes, claim: str, upstream_id: UUID, value: str) -> bytes:
    """Hash a person's or session's name at a provider, as sessions store it: ``claim`` is sub or sid."""
    return codes.compute_hmac(key, claim, upstream_id.bytes, value)
