"""What all of SCIM 2.0 shares (RFC 7643, 7644): schema URNs, errors, values, attribute names, lists.

Attribute names and operators are compared without regard to case, and a boolean may come as a string, as
Entra ID and Okta send them. Attributes of a person that we do not store are accepted and ignored: a directory
sends all it has.
"""

import re
from collections.abc import Sequence
from typing import Any

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

MAX_TEXT = 200
MAX_MEMBERS = 10_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


class ScimError(ValueError):
    """A 400 of RFC 7644 section 3.12; ``kind`` is its scimType."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


def lower_names(value: object) -> dict[str, Any]:
    """Read an object, its members' names in lower case. Raises ScimError for anything else."""
    if not isinstance(value, dict):
        raise ScimError("invalidSyntax", "There must be a JSON object here.")
    return {str(name).lower(): member for name, member in value.items()}


def read_text(value: object, name: str) -> str:
    """Read a bounded text without control characters. Raises ScimError."""
    if not isinstance(value, str) or len(value) > MAX_TEXT or _CONTROL.search(value):
        raise ScimError("invalidValue", f"{name} must be a text of at most {MAX_TEXT} characters.")
    return value.strip()


def read_boolean(value: object, name: str) -> bool:
    """Read a boolean, also as the string that Entra ID sends. Raises ScimError."""
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise ScimError("invalidValue", f"{name} must be true or false.")
    return value


def plain_name(name: str) -> str:
    """Give an attribute's name in lower case, without the URN of its schema."""
    plain = name.lower()
    for schema in (USER, GROUP):
        plain = plain.removeprefix(f"{schema.lower()}:")
    return plain


def select_attributes(
    resource: dict[str, Any], attributes: str | None, excluded: str | None
) -> dict[str, Any]:
    """Select the attributes a request asks for (RFC 7644 section 3.9); ``id`` and ``schemas`` always."""
    always = {"id", "schemas"}
    if attributes:
        selected = _attribute_names(attributes) | always
        return {name: value for name, value in resource.items() if name.lower() in selected}
    unwanted = _attribute_names(excluded or "") - always
    return {name: value for name, value in resource.items() if name.lower() not in unwanted}


def _attribute_names(names: str) -> set[str]:
    return {plain_name(name.strip()).partition(".")[0] for name in names.split(",") if name.strip()}


def list_response(resources: Sequence[dict[str, Any]], total: int, start: int) -> dict[str, Any]:
    """Build a ListResponse (RFC 7644 section 3.4.2)."""
    return {
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": list(resources),
    }
