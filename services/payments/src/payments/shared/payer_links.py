"""One-time links of payers: derived and checked without a row of their own.

A link is good until it is used; the payment counts its uses, and the count is part of the next link. So a
service that asks for the payment again gets a fresh link for a payer who lost the page.
"""

import base64
import hashlib
import hmac
from uuid import UUID

from chassis import ids

_SEPARATOR = "."
_LENGTH = ids.LENGTH + 1 + 32


def make_token(key: bytes, payment_id: UUID, visits: int) -> str:
    """Make the token of a payment's next link."""
    digest = hmac.digest(key, payment_id.bytes + visits.to_bytes(4), hashlib.sha256)[:24]
    return f"{ids.show(payment_id)}{_SEPARATOR}{base64.urlsafe_b64encode(digest).decode()}"


def read_payment_id(token: str) -> UUID | None:
    """Read the payment that a token is for; None for what is no token. It proves nothing yet."""
    if len(token) != _LENGTH:
        return None
    id_text, separator, _ = token.partition(_SEPARATOR)
    try:
        return ids.read(id_text) if separator else None
    except ValueError:
        return None


def matches(key: bytes, token: str, payment_id: UUID, visits: int) -> bool:
    """Check a token, in constant time."""
    return hmac.compare_digest(token.encode(), make_token(key, payment_id, visits).encode())
