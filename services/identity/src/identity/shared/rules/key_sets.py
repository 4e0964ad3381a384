"""JWK Sets that clients publish on their own servers (RFC 7517 section 5)."""

import json
from typing import Any

from identity.shared.oauth import assertions

MAX_BYTES = 64 * 1024
_MAX_KEYS = 20


def parse_key_set(body: bytes) -> list[dict[str, str]]:
    """Parse the keys with which the client may sign; others in the set are ignored (RFC 7517 section 5).

    Raises ValueError with what is wrong.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError("does not answer JSON") from error
    members = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(members, list) or len(members) > _MAX_KEYS:
        raise ValueError(f"does not answer a JWK Set of at most {_MAX_KEYS} keys")
    if any(isinstance(key, dict) and {"d", "k"} & key.keys() for key in members):
        raise ValueError("publishes a private key: take it down and replace that key")
    keys = [key for key in map(_parse_key, members) if key is not None]
    if not 0 < len(keys) <= assertions.MAX_KEYS:
        raise ValueError(
            f"must have 1 to {assertions.MAX_KEYS} keys for signing, P-256 or RSA of 2048 bits, with a kid"
        )
    if len({key["kid"] for key in keys}) != len(keys):
        raise ValueError("has two keys with the same kid")
    return keys


def _parse_key(jwk: Any) -> dict[str, str] | None:
    try:
        return assertions.parse_public_key(jwk) if isinstance(jwk, dict) else None
    except ValueError:
        return None
