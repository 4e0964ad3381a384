"""The session at an upstream provider that a session here was opened by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class UpstreamSession:
    """A session at the upstream provider of a council, which a back-channel logout from there names.

    ``method``: how strong the sign-in there was, see ``rules.factors``. ``person`` and ``session``: HMACs of
    the provider's ``sub`` and ``sid``. ``issued_at``: the Unix time of its id_token.
    """

    council: str
    upstream: UUID
    method: str
    person: bytes
    session: bytes | None
    issued_at: float

    def as_json(self) -> dict[str, Any]:
        """Write it for a row of the table ``sign_in``, between two steps of a sign-in."""
        return {
            "council": self.council,
            "upstream": str(self.upstream),
            "method": self.method,
            "person": self.person.hex(),
            "session": self.session.hex() if self.session is not None else None,
            "issued_at": self.issued_at,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any] | None) -> Self | None:
        """Read what ``as_json`` wrote; None when nothing was, or it does not name the upstream."""
        if document is None or "upstream" not in document:
            return None
        return cls(
            council=document["council"],
            upstream=UUID(document["upstream"]),
            method=document["method"],
            person=bytes.fromhex(document["person"]),
            session=bytes.fromhex(document["session"]) if document["session"] is not None else None,
            issued_at=document["issued_at"],
        )
