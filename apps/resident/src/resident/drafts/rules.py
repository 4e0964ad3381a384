"""How a draft is sealed: with the server's key and the browser's secret, of which the row has only a hash.

A copy of the database alone opens nothing, nor does the server's key with it.
"""

import base64
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chassis import encryption

COOKIE = "townhall-draft"
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_PURPOSE = "resident drafts"


@dataclass(frozen=True, slots=True)
class Seal:
    """What opens a draft: the server's key, and the secret of the browser's cookie, empty if it has none."""

    server: bytes = field(repr=False)
    key_id: str
    secret: str = field(default="", repr=False)

    @property
    def secret_hash(self) -> bytes:
        """SHA-256 of the secret: 256 random bits need no salt."""
        return hashlib.sha256(self.secret.encode()).digest()


def make_secret() -> str:
    """Make 256 random bits as 43 characters of URL-safe base64."""
    return base64.urlsafe_b64encode(os.urandom(encryption.KEY_BYTES)).rstrip(b"=").decode()


def make_seal(sealing_key: str, secret: str = "") -> Seal:
    """Make the seal of a browser. A secret that we did not make is none.

    Raises ValueError unless the setting is a key.
    """
    server = encryption.parse_key(sealing_key, "RESIDENT_SEALING_KEY")
    key_id = encryption.derive_key(server, f"{_PURPOSE}: name of the key")[:4].hex()
    return Seal(server, key_id, secret if _SECRET.fullmatch(secret) else "")


def seal_content(seal: Seal, draft: UUID, content: Mapping[str, Any]) -> bytes:
    """Seal the content of a draft: AES-256-GCM, bound to its id."""
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return encryption.seal(_derive(seal), plain, draft.bytes)


def open_content(seal: Seal, draft: UUID, sealed: bytes) -> dict[str, Any]:
    """Open what ``seal_content`` sealed. Raises WrongKeyError."""
    content: dict[str, Any] = json.loads(encryption.unseal(_derive(seal), sealed, draft.bytes))
    return content


def _derive(seal: Seal) -> bytes:
    """Derive the key (HKDF) of both secrets: who lacks one of them knows nothing of it."""
    return encryption.derive_key(seal.server + seal.secret.encode(), _PURPOSE)
