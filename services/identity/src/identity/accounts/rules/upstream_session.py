"""Another provider says that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


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
