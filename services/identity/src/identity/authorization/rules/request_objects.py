"""Signed request objects (RFC 9101, OIDC Core section 6): the parameters in a JWT the client signed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from identity.shared.oauth import assertions

TYPES = frozenset({"jwt", "oauth-authz-req+jwt"})
_OF_THE_JWT = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti"})
_REPEATED = ("client_id", "response_type")


def look(text: str, client_id: str) -> assertions.UnverifiedJwt:
    """The parts needed to find the key. Raises assertions.RefusedError."""
    unverified = assertions.parse_unverified(text, TYPES)
    if unverified.issuer != client_id:
        raise assertions.RefusedError("iss of the request object must be the client_id")
    return unverified


def read(
    given: Mapping[str, str],
    unverified: assertions.UnverifiedJwt,
    keys: Sequence[Mapping[str, Any]],
    audiences: frozenset[str],
    now: float,
) -> dict[str, str]:
    """The parameters inside ``request``, which alone count. Raises assertions.RefusedError.

    client_id and response_type must stand outside too, scope may; whatever stands in both must be equal.
    """
    content = assertions.verify_signature(unverified, keys)
    assertions.check_validity(content, audiences, now, most=None)
    if "sub" in content or "request" in content or "request_uri" in content:
        raise assertions.RefusedError("a request object has no sub, request or request_uri")
    inside = {name: _text(value) for name, value in content.items() if name not in _OF_THE_JWT}
    for name, value in given.items():
        if name != "request" and inside.get(name, value) != value:
            raise assertions.RefusedError(f"{name} differs between the request object and the query")
    for name in _REPEATED:
        if name not in given or name not in inside:
            raise assertions.RefusedError(f"{name} must stand in the request object and in the query")
    return inside


def _text(value: Any) -> str:
    """A member as the parameter of the same name would be written."""
    return value if isinstance(value, str) else json.dumps(value)
