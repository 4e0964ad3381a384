"""The names an expression of a case type may read, with their kinds."""

import re
from collections.abc import Iterable

from casework.documents.rules.case_types import CaseTypeDocument, FieldDocument
from casework.model.rules.case_type import RESIDENT, SYSTEM
from casework.shared.expressions import Kind

_DATA = re.compile(r"\bdata(?:\.[a-z_][a-z0-9_]*)+")
_PARAMETER_KINDS: dict[str, Kind] = {"integer": "integer", "string": "text", "boolean": "truth"}
_FIELD_KINDS: dict[str, Kind] = {**_PARAMETER_KINDS, "array": "texts"}
_ALWAYS: dict[str, Kind] = {
    "state": "text",
    "today": "text",  # 2026-04-01: dates compare as text
    "now": "instant",
    "charged": "integer",  # pence
    "paid": "integer",
    "refund_due": "integer",
    "refunded": "integer",
    "action": "text",  # the action or task that is being done
    "result": "text",
    "chosen_result": "text",  # the result that this act names
}
CLOCK_NAMES: dict[str, Kind] = {"due": "text", "running": "truth", "overdue": "truth", "days_left": "integer"}


def find_field_kind(field: FieldDocument) -> Kind:
    """Find the kind of a field's value in expressions."""
    return "instant" if field.format == "date-time" else _FIELD_KINDS[field.type]


def declare_names(document: CaseTypeDocument) -> dict[str, Kind]:
    """Declare every name of a case type."""
    names = dict(_ALWAYS)
    names |= {f"field.{field}": find_field_kind(each) for field, each in document.fields.items()}
    names |= {f"known.{field}": "truth" for field in document.fields}
    names |= {
        f"parameter.{name}": _PARAMETER_KINDS[parameter.type]
        for name, parameter in document.parameters.items()
    }
    for clock in document.clocks:
        names |= {f"clock.{clock}.{name}": kind for name, kind in CLOCK_NAMES.items()}
    names |= {f"task.{task}": "text" for task in document.tasks}  # open, dropped, done or its outcome
    names |= {f"count.{count}": "integer" for count in document.counts}
    names |= {f"role.{role}": "truth" for role in (RESIDENT, SYSTEM, *document.roles)}
    return names


def declare_event_names(texts: Iterable[str]) -> dict[str, Kind]:
    """Declare the names of an event's data that expressions use: each has any kind."""
    return {name: "any" for text in texts for name in _DATA.findall(text)}
