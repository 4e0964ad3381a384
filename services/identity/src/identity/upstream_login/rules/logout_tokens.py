"""Another provider says that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0)."""

from dataclasses import dataclass
from uuid import UUID

from identity.upstream_login.rules import id_tokens
from identity.upstream_login.rules.id_tokens import RefusedError
from identity.upstreams.rules.metadata import Keys
from identity.verification.rules import codes

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True, slots=True)
class Logout:
    """A logout token that holds. ``subject``: whose sessions have ended; ``session_id``: which, if one."""

    token_id: str
    subject: str | None
    session_id: str | None
    issued_at: float


def logout_token(text: str, keys: Keys, issuer: str, client_id: str, now: float) -> Logout:
    """Section 2.6: as an id_token is checked, and that it is none. Raises RefusedError."""
    found = id_tokens.signed(text, keys, id_tokens.ALGORITHMS)
    if found.get("iss") != issuer:
        raise RefusedError("iss is another issuer")
    id_tokens.check_audience(found, client_id)
    id_tokens.check_times(found, now)
    events = found.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise RefusedError("events does not say that somebody has signed out")
    if "nonce" in found:
        raise RefusedError("it has a nonce: it is an id_token")
    subject, session_id = (
        id_tokens.text_of(found, name) if name in found else None for name in ("sub", "sid")
    )
    if subject is None and session_id is None:
        raise RefusedError("it has neither sub nor sid")
    issued_at = id_tokens.moment(found, "iat") or now
    return Logout(id_tokens.text_of(found, "jti"), subject, session_id, issued_at)


def hidden(key: bytes, what: str, upstream_id: UUID, value: str) -> bytes:
    """A person's or session's name at a provider as sessions keep it: ``what`` is sub or sid."""
    return codes.compute_hmac(key, what, upstream_id.bytes, value)
