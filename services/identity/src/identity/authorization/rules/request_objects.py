"""Signed request objects (RFC 9101, OIDC Core section 6): the parameters in a JWT the client signed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from identity.shared.oauth import assertions

TYPES = frozenset({"jwt", "oauth-authz-req+jwt"})
_JWT_CLAIMS = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti"})
_REPEATED = ("client_id", "response_type")


def parse_unverified(text: str, client_id: str) -> assertions.UnverifiedJwt:
    """Parse the parts needed to find the key. Raises assertions.RefusedError."""
    unverified = assertions.parse_unverified(text, TYPES)
    if unverified.issuer != client_id:
        raise assertions.RefusedError("iss of the request object must be the client_id")
    return unverified


def verify_parameters(
    outer: Mapping[str, str],
    unverified: assertions.UnverifiedJwt,
    keys: Sequence[Mapping[str, Any]],
    audiences: frozenset[str],
    now: float,
) -> dict[str, str]:
    """Verify the request object and return the parameters in it, which alone count.

    client_id and response_type must also stand in ``outer``, scope may; a parameter in both must be equal.
    Raises assertions.RefusedError.
    """
    content = assertions.verify_signature(unverified, keys)
    assertions.check_validity(content, audiences, now, max_seconds=None)
    if "sub" in content or "request" in content or "request_uri" in content:
        raise assertions.RefusedError("a request object has no sub, request or request_uri")
    inner = {name: _to_text(value) for name, value in content.items() if name not in _JWT_CLAIMS}
    for name, value in outer.items():
        if name != "request" and inner.get(name, value) != value:
            raise assertions.RefusedError(f"{name} differs between the request object and the query")
    for name in _REPEATED:
        if name not in outer or name not in inner:
            raise assertions.RefusedError(f"{name} must stand in the request object and in the query")
    return inner


def _to_text(value: Any) -> str:
    """Write a member as the parameter of the same name is written."""
    return value if isinstance(value, str) else json.dumps(value)
