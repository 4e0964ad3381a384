"""SCIM filters and attribute paths (RFC 7644 sections 3.4.2.2 and 3.10), as far as directories use them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from identity.staff.rules.scim import GROUP, USER, ScimError, plain_name

_MAX_TERMS = 5
_PATH = re.compile(
    r"(?:(?P<schema>urn:[A-Za-z0-9:._-]{1,120}):)?(?P<name>[A-Za-z$][A-Za-z0-9_$-]{0,60})"
    r"(?:\[(?P<filter>[^\[\]]{1,300})\])?(?:\.(?P<sub>[A-Za-z$][A-Za-z0-9_$-]{0,60}))?"
)
_TERM = re.compile(
    r"\s*(?P<name>[A-Za-z$][A-Za-z0-9_$.:-]{0,160})\s+(?P<verb>[A-Za-z]{2})\s+"
    r'(?P<value>"(?:[^"\\]|\\.){0,300}"|true|false)\s*(?P<and>and\b)?',
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Path:
    """An attribute path, in lower case: the attribute, a filter that selects values, the sub-attribute."""

    name: str
    value_filter: Mapping[str, str] | None
    sub: str | None


def read_path(text: object) -> Path:
    """Read the path of an operation. Raises ScimError."""
    match = _PATH.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ScimError("invalidPath", "The path is none that is understood here.")
    schema = (match["schema"] or "").lower()
    if schema not in {"", USER.lower(), GROUP.lower()}:
        return Path(schema, None, None)
    value_filter = read_filter(match["filter"]) if match["filter"] else None
    return Path(match["name"].lower(), value_filter, match["sub"].lower() if match["sub"] else None)


def read_filter(text: str) -> dict[str, str]:
    """Read ``a eq "x" and b eq "y"`` as {"a": "x", "b": "y"}, names in lower case. Raises ScimError."""
    terms: dict[str, str] = {}
    at, more = 0, True
    while more and len(terms) < _MAX_TERMS:
        match = _TERM.match(text, at)
        if match is None or match["verb"].lower() != "eq":
            break
        terms[plain_name(match["name"])] = _read_literal(match["value"])
        at, more = match.end(), match["and"] is not None
    if more or at != len(text):
        raise ScimError("invalidFilter", 'The filter must be of the form: userName eq "somebody".')
    return terms


def _read_literal(text: str) -> str:
    try:
        value = json.loads(text if text.startswith('"') else f'"{text.lower()}"')
    except ValueError as error:
        raise ScimError("invalidFilter", "A text in the filter is not written as JSON.") from error
    return str(value)
