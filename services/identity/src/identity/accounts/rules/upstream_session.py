"""The session at an upstream provider that a session here was opened by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class UpstreamSession:
    """A session at an upstream provider, which a back-channel logout from there names.

    ``person`` and ``session``: HMACs of the provider's ``sub`` and ``sid``. ``issued_at``: the Unix time of
    its id_token.
    """

    person: bytes
    session: bytes | None
    issued_at: float

    def as_json(self) -> dict[str, Any]:
        """Write it for a row of the table ``sign_in``, between two steps of a sign-in."""
        session = self.session.hex() if self.session is not None else None
        return {"person": self.person.hex(), "session": session, "issued_at": self.issued_at}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what ``as_json`` wrote."""
        session = bytes.fromhex(document["session"]) if document["session"] is not None else None
        return cls(bytes.fromhex(document["person"]), session, document["issued_at"])
