"""Another provider says that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from identity.rules import codes, upstream_tokens
from identity.rules.upstream_metadata import Keys
from identity.rules.upstream_tokens import RefusedError

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True, slots=True)
class Through:
    """The sign-in at a provider that opens a session here. ``person`` and ``session``: of there, by HMAC.

    ``issued_at``: the Unix time of its id_token.
    """

    person: bytes
    session: bytes | None
    issued_at: float

    def kept(self) -> dict[str, Any]:
        """As it is kept while somebody is half way."""
        session = self.session.hex() if self.session is not None else None
        return {"person": self.person.hex(), "session": session, "issued_at": self.issued_at}

    @classmethod
    def restored(cls, kept: Mapping[str, Any]) -> Self:
        """What was kept."""
        session = bytes.fromhex(kept["session"]) if kept["session"] is not None else None
        return cls(bytes.fromhex(kept["person"]), session, kept["issued_at"])


@dataclass(frozen=True, slots=True)
class Logout:
    """A logout token that holds. ``subject``: whose sessions have ended; ``session_id``: which, if one."""

    token_id: str
    subject: str | None
    session_id: str | None
    issued_at: float


def logout_token(text: str, keys: Keys, issuer: str, client_id: str, now: float) -> Logout:
    """Section 2.6: as an id_token is checked, and that it is none. Raises RefusedError."""
    found = upstream_tokens.signed(text, keys, upstream_tokens.ALGORITHMS)
    if found.get("iss") != issuer:
        raise RefusedError("iss is another issuer")
    upstream_tokens.check_audience(found, client_id)
    upstream_tokens.check_times(found, now)
    events = found.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise RefusedError("events does not say that somebody has signed out")
    if "nonce" in found:
        raise RefusedError("it has a nonce: it is an id_token")
    subject, session_id = (
        upstream_tokens.text_of(found, name) if name in found else None for name in ("sub", "sid")
    )
    if subject is None and session_id is None:
        raise RefusedError("it has neither sub nor sid")
    issued_at = upstream_tokens.moment(found, "iat") or now
    return Logout(upstream_tokens.text_of(found, "jti"), subject, session_id, issued_at)


def hidden(key: bytes, what: str, upstream_id: UUID, value: str) -> bytes:
    """A person's or session's name at a provider as sessions keep it: ``what`` is sub or sid."""
    return codes.digest(key, what, upstream_id.bytes, value)
