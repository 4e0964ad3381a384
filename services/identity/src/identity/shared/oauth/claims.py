"""The claims of a person that a client may request, by scope or by ``claims`` (OIDC Core 5.5)."""

import json
from collections.abc import Iterable
from typing import Any

_VOCABULARY = "https://vocab.account.gov.uk/v1/"
CORE_IDENTITY = f"{_VOCABULARY}coreIdentityJWT"
ADDRESS = f"{_VOCABULARY}address"
RETURN_CODE = f"{_VOCABULARY}returnCode"

BY_SCOPE = {
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
}
NAME = "name"
"""The name of a member of staff, as the council's directory gives it. Residents have none here."""
WORK_CLAIMS = frozenset({NAME, *BY_SCOPE["email"]})
"""What a council's own services may know of its staff without their consent: it is their employer."""
IDENTITY_CLAIMS = frozenset({CORE_IDENTITY, ADDRESS, RETURN_CODE})
"""Claims of a proven identity: only a request for P1 or P2 gets them."""
REGISTERED_NAMES = {"identity": CORE_IDENTITY, "address": ADDRESS}
"""The names of identity claims in a client's registration."""
SUPPORTED = (NAME, *BY_SCOPE["email"], *BY_SCOPE["phone"], CORE_IDENTITY, ADDRESS, RETURN_CODE)
MAX_LENGTH = 4_096


def parse_claims(text: str | None) -> tuple[frozenset[str], frozenset[str]]:
    """Parse the claims requested of userinfo and of the ID token; unsupported ones are left out.

    Raises ValueError for anything that OIDC Core 5.5 does not describe.
    """
    if text is None:
        return frozenset(), frozenset()
    if len(text) > MAX_LENGTH:
        raise ValueError(f"claims is longer than {MAX_LENGTH} characters")
    try:
        members = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("claims is not JSON") from error
    if not isinstance(members, dict):
        raise ValueError("claims is not a JSON object")  # noqa: TRY004 - from outside
    return _parse_member(members, "userinfo"), _parse_member(members, "id_token")


def list_unregistered(registered: Iterable[str]) -> frozenset[str]:
    """List the identity claims that a client may not request, although it may request the proof."""
    return frozenset(claim for name, claim in REGISTERED_NAMES.items() if name not in registered)


def _parse_member(claims_parameter: dict[str, Any], name: str) -> frozenset[str]:
    requests = claims_parameter.get(name)
    if requests is None:
        return frozenset()
    if not isinstance(requests, dict) or not all(_is_claim_request(request) for request in requests.values()):
        raise ValueError(f"claims.{name} is not an object of requests for claims")
    return frozenset(requests) & frozenset(SUPPORTED)


def _is_claim_request(value: object) -> bool:
    return value is None or (isinstance(value, dict) and isinstance(value.get("essential", False), bool))


def list_by_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """List the claims that scopes stand for."""
    return frozenset(claim for scope in scopes for claim in BY_SCOPE.get(scope, ()))
