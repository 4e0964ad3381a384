"""Which claims of a person a client may ask for, by scope or by the ``claims`` parameter (OIDC Core 5.5)."""

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
IDENTITY_CLAIMS = frozenset({CORE_IDENTITY, ADDRESS, RETURN_CODE})
"""They tell of a proven identity: only a request for P1 or P2 gets them."""
REGISTERED_NAMES = {"identity": CORE_IDENTITY, "address": ADDRESS}
"""What a registration calls the claims it may ask for."""
SUPPORTED = (*BY_SCOPE["email"], *BY_SCOPE["phone"], CORE_IDENTITY, ADDRESS, RETURN_CODE)
MAX_LENGTH = 4_096


def parse_claims(text: str | None) -> tuple[frozenset[str], frozenset[str]]:
    """The claims asked of userinfo and of the id_token; those we do not have are left out (OIDC Core 5.5).

    Raises ValueError when it is not what OIDC Core describes.
    """
    if text is None:
        return frozenset(), frozenset()
    if len(text) > MAX_LENGTH:
        raise ValueError(f"claims is longer than {MAX_LENGTH} characters")
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("claims is not JSON") from error
    if not isinstance(asked, dict):
        raise ValueError("claims is not a JSON object")  # noqa: TRY004 - from outside
    return _parse_member(asked, "userinfo"), _parse_member(asked, "id_token")


def list_unregistered(registered: Iterable[str]) -> frozenset[str]:
    """The claims of a proven identity that a client may not ask for, although it may ask for the proof."""
    return frozenset(claim for name, claim in REGISTERED_NAMES.items() if name not in registered)


def _parse_member(asked: dict[str, Any], name: str) -> frozenset[str]:
    members = asked.get(name)
    if members is None:
        return frozenset()
    if not isinstance(members, dict) or not all(_is_claim_request(one) for one in members.values()):
        raise ValueError(f"claims.{name} is not an object of requests for claims")
    return frozenset(members) & frozenset(SUPPORTED)


def _is_claim_request(one: object) -> bool:
    return one is None or (isinstance(one, dict) and isinstance(one.get("essential", False), bool))


def list_by_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """The claims that scopes stand for."""
    return frozenset(claim for scope in scopes for claim in BY_SCOPE.get(scope, ()))
