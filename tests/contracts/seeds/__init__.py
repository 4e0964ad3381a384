"""Changes of a contract, each a function that makes it: those that break somebody, and those that do not.

A breaking seed names the rules that must be found, and no other rule may be.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.contracts.permits import EVENT, FILE, LIST

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
    def keep(change: Change) -> Change:
        BREAKING.append(Seed(change.__name__, change, frozenset(rules)))
        return change

    return keep


def harmless(change: Change) -> Change:
    HARMLESS.append(Seed(change.__name__, change))
    return change


def item(documents: Documents, path: str = LIST, method: str = "get"):
    """An operation of the permits."""
    return documents[FILE]["paths"][path][method]


def query(documents: Documents, name: str):
    """A query parameter of the list of permits."""
    return next(one for one in item(documents)["parameters"] if one["name"] == name)


def schema(documents: Documents, name: str):
    return documents[FILE]["components"]["schemas"][name]


def new_permit(documents: Documents):
    """The fields of what a client sends to get a permit."""
    return schema(documents, "NewPermit")["properties"]


def permit(documents: Documents):
    """The fields of a permit as it is answered, but those inherited."""
    return schema(documents, "Permit")["allOf"][1]["properties"]


def issued(documents: Documents):
    """The payload of the event."""
    return documents[EVENT]["$defs"]["Issued"]


def cash():
    kind = {"type": "string", "const": "cash"}
    return {"type": "object", "properties": {"type": kind}, "required": ["type"]}
