"""SCIM 2.0 (RFC 7643, 7644), as Entra ID and Okta speak it: names, paths, filters.

Attribute names, operators and the names of operations are compared without regard to case; a boolean may
come as a string. What we do not keep of a person is taken and left alone: a directory sends all it has.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

LONGEST = 200
MOST_OPERATIONS = 1_000
MOST_MEMBERS = 10_000
_MOST_TERMS = 5
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_PATH = re.compile(
    r"(?:(?P<schema>urn:[A-Za-z0-9:._-]{1,120}):)?(?P<name>[A-Za-z$][A-Za-z0-9_$-]{0,60})"
    r"(?:\[(?P<filter>[^\[\]]{1,300})\])?(?:\.(?P<sub>[A-Za-z$][A-Za-z0-9_$-]{0,60}))?"
)
_TERM = re.compile(
    r"\s*(?P<name>[A-Za-z$][A-Za-z0-9_$.:-]{0,160})\s+(?P<verb>[A-Za-z]{2})\s+"
    r'(?P<value>"(?:[^"\\]|\\.){0,300}"|true|false)\s*(?P<and>and\b)?',
    re.IGNORECASE,
)


class ScimError(ValueError):
    """A 400 of RFC 7644 section 3.12; ``kind`` is its scimType."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Path:
    """Where an operation acts, in lower case: attribute, values chosen by a filter, part of the value."""

    name: str
    chosen: Mapping[str, str] | None
    sub: str | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a PATCH: ``add``, ``replace`` or ``remove``."""

    verb: str
    path: Path | None
    value: Any


def read_path(text: object) -> Path:
    """The path of an operation. Raises ScimError."""
    found = _PATH.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ScimError("invalidPath", "The path is none that is understood here.")
    schema = (found["schema"] or "").lower()
    if schema not in {"", USER.lower(), GROUP.lower()}:
        return Path(schema, None, None)
    chosen = read_filter(found["filter"]) if found["filter"] else None
    return Path(found["name"].lower(), chosen, found["sub"].lower() if found["sub"] else None)


def read_filter(text: str) -> dict[str, str]:
    """``a eq "x" and b eq "y"`` as {"a": "x", "b": "y"}, names in lower case. Raises ScimError."""
    terms: dict[str, str] = {}
    at, more = 0, True
    while more and len(terms) < _MOST_TERMS:
        found = _TERM.match(text, at)
        if found is None or found["verb"].lower() != "eq":
            break
        terms[_plain_name(found["name"])] = _literal(found["value"])
        at, more = found.end(), found["and"] is not None
    if more or at != len(text):
        raise ScimError("invalidFilter", 'The filter must be of the form: userName eq "somebody".')
    return terms


def read_operations(body: Mapping[str, Any]) -> list[Operation]:
    """The operations of a PATCH. Raises ScimError."""
    sent = lowered(body).get("operations")
    if not isinstance(sent, list) or not 1 <= len(sent) <= MOST_OPERATIONS:
        raise ScimError("invalidSyntax", f"Operations must be a list of 1 to {MOST_OPERATIONS}.")
    return [_operation(one) for one in sent]


def spread(operation: Operation) -> list[Operation]:
    """An operation without a path as one for each member of its value, whose names are paths."""
    if operation.path is not None:
        return [operation]
    if not isinstance(operation.value, dict):
        raise ScimError("noTarget", "An operation without a path needs an object as its value.")
    return [Operation(operation.verb, read_path(name), value) for name, value in operation.value.items()]


def lowered(value: object) -> dict[str, Any]:
    """An object by its members' names in lower case. Raises ScimError for anything else."""
    if not isinstance(value, dict):
        raise ScimError("invalidSyntax", "There must be a JSON object here.")
    return {str(name).lower(): member for name, member in value.items()}


def text(value: object, name: str) -> str:
    """A bounded text without control characters. Raises ScimError."""
    if not isinstance(value, str) or len(value) > LONGEST or _CONTROL.search(value):
        raise ScimError("invalidValue", f"{name} must be a text of at most {LONGEST} characters.")
    return value.strip()


def boolean(value: object, name: str) -> bool:
    """A boolean, also as the string that Entra ID sends. Raises ScimError."""
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise ScimError("invalidValue", f"{name} must be true or false.")
    return value


def shown(resource: dict[str, Any], attributes: str | None, excluded: str | None) -> dict[str, Any]:
    """What was asked for of a resource (RFC 7644 section 3.9); ``id`` and ``schemas`` always."""
    always = {"id", "schemas"}
    if attributes:
        wanted = _names(attributes) | always
        return {name: value for name, value in resource.items() if name.lower() in wanted}
    unwanted = _names(excluded or "") - always
    return {name: value for name, value in resource.items() if name.lower() not in unwanted}


def _operation(one: object) -> Operation:
    members = lowered(one)
    verb = str(members.get("op", "")).lower()
    if verb not in {"add", "replace", "remove"}:
        raise ScimError("invalidSyntax", "op must be add, replace or remove.")
    path = members.get("path")
    if verb == "remove" and not path:
        raise ScimError("noTarget", "remove needs a path.")
    return Operation(verb, read_path(path) if path else None, members.get("value"))


def _names(listed: str) -> set[str]:
    return {_plain_name(name.strip()).partition(".")[0] for name in listed.split(",") if name.strip()}


def _plain_name(name: str) -> str:
    plain = name.lower()
    for schema in (USER, GROUP):
        plain = plain.removeprefix(f"{schema.lower()}:")
    return plain


def _literal(text: str) -> str:
    try:
        value = json.loads(text if text.startswith('"') else f'"{text.lower()}"')
    except ValueError as error:
        raise ScimError("invalidFilter", "A text in the filter is not written as JSON.") from error
    return str(value)


def listing(resources: Sequence[dict[str, Any]], total: int, start: int) -> dict[str, Any]:
    """RFC 7644 section 3.4.2."""
    return {
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": list(resources),
    }
