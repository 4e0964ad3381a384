"""What a directory's token says of a member of staff: his name, and his groups where it names them.

Entra ID names at most 200 groups in a token. For somebody in more it says where they can be asked for
instead (``_claim_names``, ``hasgroups``: "groups overage"), which must not be read as no groups at all:
https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference.
"""

from collections.abc import Mapping
from typing import Any

OVERAGE = "overage"
"""Stands among the claims that are kept when the token does not name the groups."""
GROUPS = "groups"
_NAMES = ("preferred_username", "upn", "email")
MOST_GROUPS = 200


def overage(token: Mapping[str, Any], groups_claim: str | None) -> bool:
    """Whether the groups are somewhere else than in the token, or too many, or not a list of texts."""
    if groups_claim is None:
        return False
    distributed = token.get("_claim_names")
    elsewhere = isinstance(distributed, Mapping) and groups_claim in distributed
    groups = token.get(groups_claim, [])
    unusable = not isinstance(groups, list) or len(groups) > MOST_GROUPS
    return elsewhere or "hasgroups" in token or unusable


def person(claims: Mapping[str, Any], external_id: str) -> dict[str, Any]:
    """Who he is, as SCIM would have said it. A text that is not given is empty."""
    user_name = next((claims[name] for name in _NAMES if claims.get(name)), external_id)
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
