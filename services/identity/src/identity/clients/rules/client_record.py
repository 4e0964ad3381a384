"""A client as the protocol's endpoints need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from identity.shared.oauth.relying_party import RelyingParty


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """A client in use. ``status`` is its council's; ``party`` is None for a client that signs nobody in.

    Its people's subjects are derived from ``sector``.
    """

    council: str
    sector: str
    name: str
    scopes: Sequence[str]
    mode: str
    keys: Sequence[Mapping[str, Any]]
    secret_hash: bytes | None
    status: str
    council_name: str
    party: RelyingParty | None
    previous_hash: bytes | None = None
    previous_until: datetime | None = None
    jwks_uri: str | None = None

    def name_in(self, language: str | None) -> str:
        """The client's name in a language; services have one in Welsh too."""
        welsh = self.party.name_cy if self.party is not None and language == "cy" else ""
        return welsh or self.name
