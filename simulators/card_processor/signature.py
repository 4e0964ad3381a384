"""Signatures of webhooks by the Standard Webhooks convention, version 1 (standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac

from simulators.card_processor.errors import ApiError

_PREFIX = "whsec_"


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message: of its id, its time in seconds since 1970, and its body."""
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(_read(secret), content, hashlib.sha256).digest()).decode()


def check_secret(secret: str) -> str:
    """Return a secret. Raises ApiError if it is not whsec_ and 24 to 64 bytes in base64."""
    try:
        valid = secret.startswith(_PREFIX) and 24 <= len(_read(secret)) <= 64  # noqa: PLR2004 - the convention's
    except (binascii.Error, ValueError):
        valid = False
    if not valid:
        raise ApiError(400, "invalid_value", "Send whsec_ and 24 to 64 bytes in base64", "secret")
    return secret


def _read(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
