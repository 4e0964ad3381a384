"""Claims of a directory's token about a member of staff: their name, and their groups if it names them.

Entra ID names at most 200 groups in a token. For a person in more it only says where to ask for them
(``_claim_names``, ``hasgroups``: "groups overage"). That must not be read as no groups at all:
https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference.
"""

from collections.abc import Mapping
from typing import Any

OVERAGE = "overage"
"""Marks, among the stored claims, that the token does not name the groups."""
GROUPS = "groups"
_USER_NAME_CLAIMS = ("preferred_username", "upn", "email")
MAX_GROUPS = 200


def has_overage(token: Mapping[str, Any], groups_claim: str | None) -> bool:
    """Tell whether the groups are elsewhere than in the token, too many, or not a list."""
    if groups_claim is None:
        return False
    distributed = token.get("_claim_names")
    elsewhere = isinstance(distributed, Mapping) and groups_claim in distributed
    groups = token.get(groups_claim, [])
    unusable = not isinstance(groups, list) or len(groups) > MAX_GROUPS
    return elsewhere or "hasgroups" in token or unusable


def read_person(claims: Mapping[str, Any], external_id: str) -> dict[str, Any]:
    """Read the person as SCIM would bring them. A missing text is empty."""
    user_name = next((claims[name] for name in _USER_NAME_CLAIMS if claims.get(name)), external_id)
    return {
        "user_name": user_name,
        "user_key": user_name.casefold(),
        "external_id": external_id,
        "given_name": claims.get("given_name", ""),
        "family_name": claims.get("family_name", ""),
        "display_name": claims.get("name", user_name),
        "email": claims.get("email", ""),
        "active": True,
    }
