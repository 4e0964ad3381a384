"""Changes of a contract, each made by a function: those that break a client, and those that do not.

A breaking seed names the rules that must be found; no other rule may be.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.contracts.compatibility.permits import EVENT, OPENAPI, PERMITS

Documents = dict[str, dict[str, Any]]
Change = Callable[[Documents], object]


@dataclass(frozen=True)
class Seed:
    name: str
    change: Change
    rules: frozenset[str] = frozenset()


BREAKING: list[Seed] = []
HARMLESS: list[Seed] = []


def breaking(*rules: str) -> Callable[[Change], Change]:
    """Register a change that breaks these rules."""

    def register(change: Change) -> Change:
        BREAKING.append(Seed(change.__name__, change, frozenset(rules)))
        return change

    return register


def harmless(change: Change) -> Change:
    """Register a change that breaks nothing."""
    HARMLESS.append(Seed(change.__name__, change))
    return change


def get_operation(documents: Documents, path: str = PERMITS, method: str = "get"):
    """Get an operation of the permits service."""
    return documents[OPENAPI]["paths"][path][method]


def get_parameter(documents: Documents, name: str):
    """Get a query parameter of the list of permits."""
    return next(entry for entry in get_operation(documents)["parameters"] if entry["name"] == name)


def get_schema(documents: Documents, name: str):
    return documents[OPENAPI]["components"]["schemas"][name]


def get_request_fields(documents: Documents):
    """Get the fields of an application for a permit."""
    return get_schema(documents, "NewPermit")["properties"]


def get_permit_fields(documents: Documents):
    """Get the fields of a permit in an answer, without those inherited."""
    return get_schema(documents, "Permit")["allOf"][1]["properties"]


def get_payload(documents: Documents):
    """Get the schema of the event's payload."""
    return documents[EVENT]["$defs"]["Issued"]


def make_cash():
    kind = {"type": "string", "const": "cash"}
    return {"type": "object", "properties": {"type": kind}, "required": ["type"]}
