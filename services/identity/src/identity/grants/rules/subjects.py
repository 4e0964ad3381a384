"""Pairwise subjects: another name for a person and a session in every sector (OIDC Core section 8.1).

The services of a council share a sector, so they have one name for a person; two councils cannot compare
theirs. A client keeps its sector when its council is merged into another (``clients.tables.sector``).
"""

import base64
import hmac
import json
from uuid import UUID


def derive_pairwise(key: bytes, sector: str, kind: str, inner: UUID) -> str:
    """Derive the name of an account (``kind`` = account) or of a session: 43 URL-safe characters."""
    message = json.dumps([kind, sector, inner.hex]).encode()
    return base64.urlsafe_b64encode(hmac.digest(key, message, "sha256")).rstrip(b"=").decode()
