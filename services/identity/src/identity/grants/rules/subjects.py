"""How a person and a session are called outside: differently in every sector (OIDC Core section 8.1).

A sector is a council, so that a person is one "My account" there and cannot be followed from one to the next.
"""

import base64
import hmac
import json
from uuid import UUID


def derive_pairwise(key: bytes, sector: str, what: str, inner: UUID) -> str:
    """The outer name of an account (``what`` = account) or of a session: 43 URL-safe characters."""
    message = json.dumps([what, sector, inner.hex]).encode()
    return base64.urlsafe_b64encode(hmac.digest(key, message, "sha256")).rstrip(b"=").decode()
