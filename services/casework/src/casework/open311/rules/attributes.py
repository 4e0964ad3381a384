"""Attributes of a service: the fields of its case type that residents answer, and how values are read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from casework.model.rules.case_type import CaseType, Field
from casework.model.rules.open311 import Open311Service
from casework.shared.days import LONDON
from casework.shared.words import Words

SENDER_ID, EASTING, NORTHING, CLOSEST_ADDRESS = "fixmystreet_id", "easting", "northing", "closest_address"
AUTOMATED = {
    SENDER_ID: ("string", Words("The report's number at your site", "Rhif yr adroddiad ar eich safle")),
    EASTING: ("number", Words("Easting", "Dwyreiniad")),
    NORTHING: ("number", Words("Northing", "Gogleddiad")),
    CLOSEST_ADDRESS: ("string", Words("The nearest address", "Y cyfeiriad agosaf")),
}
"""Attributes that the sender's software fills, not the resident."""
_LONGEST_STRING = 255
_MOST_DIGITS = 14
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_TRUTH_VALUES = {"true": Words("Yes", "Ydy"), "false": Words("No", "Nac ydy")}


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute as a service definition tells it. ``values``: key -> name."""

    code: str
    datatype: str
    description: Words
    required: bool
    values: Mapping[str, Words]
    automated: str = ""


def list_attributes(case_type: CaseType, service: Open311Service) -> list[Attribute]:
    """List the attributes of a service, those of the sender's software last."""
    needed = _find_needed(case_type, service)
    attributes = [
        Attribute(field.id, find_datatype(field), field.label, field.id in needed, _list_values(field))
        for field in list_fields(case_type, service)
    ]
    for code, (datatype, words) in AUTOMATED.items():
        attributes.append(Attribute(code, datatype, words, required=False, values={}, automated="server_set"))
    return attributes


def list_fields(case_type: CaseType, service: Open311Service) -> Iterator[Field]:
    """List the fields that are attributes: asked for, and filled by nothing else of a report."""
    for name in case_type.actions[service.action].asks:
        field = case_type.fields[name]
        is_filled = name in service.report_fields or name == case_type.routing or is_uprn(field)
        if not is_filled and not field.restricted and not field.staff and _find_format(field) != "file":
            yield field


def is_uprn(field: Field) -> bool:
    """Check whether a field holds the property, which a report names as its address_id."""
    return field.schema.get("format") == "uprn"


def _find_format(field: Field) -> str:
    return str(field.schema.get("items", field.schema).get("format", ""))


def _find_needed(case_type: CaseType, service: Open311Service) -> set[str]:
    targets = case_type.actions[service.action].targets
    needs = [set(case_type.states[target.state].needs) for target in targets]
    return set.intersection(*needs) if needs else set()


def find_datatype(field: Field) -> str:
    """Find the datatype of Open311 that a field has."""
    schema = field.schema
    if schema["type"] == "array":
        return "multivaluelist" if "enum" in schema.get("items", {}) else "text"
    if "enum" in schema or schema["type"] == "boolean":
        return "singlevaluelist"
    if schema["type"] == "integer":
        return "number"
    if schema.get("format") in {"date", "date-time"}:
        return "datetime"
    return "text" if schema.get("maxLength", _LONGEST_STRING + 1) > _LONGEST_STRING else "string"


def _list_values(field: Field) -> Mapping[str, Words]:
    if field.schema["type"] == "boolean":
        return _TRUTH_VALUES
    choices = field.schema.get("items", field.schema).get("enum", ())
    return {choice: Words(choice.replace("_", " ").capitalize()) for choice in choices}


def read_value(field: Field, texts: Sequence[str]) -> Any:
    """Read a field's value from the texts of its attribute. Raises ValueError; the engine checks the rest."""
    if field.schema["type"] == "array":
        return list(texts)
    if len(texts) != 1:
        raise ValueError("may be given once")
    text = texts[0]
    match field.schema["type"], field.schema.get("format"):
        case "integer", _:
            return _read_integer(text)
        case "boolean", _:
            return _read_truth(text)
        case _, "date":
            return _read_day(text)
        case _:
            return text


def _read_integer(text: str) -> int:
    if not text.lstrip("-").isascii() or not text.lstrip("-").isdigit() or len(text) > _MOST_DIGITS:
        raise ValueError("must be a whole number")
    return int(text)


def _read_truth(text: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise ValueError("must be true or false")
    return _TRUTHS[text.lower()]


def _read_day(text: str) -> str:
    """Read a day, or the day of an instant here: a sender has only the datatype datetime for both."""
    if "T" not in text:
        return text
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a date, such as 2026-04-01") from None
    return (instant.astimezone(LONDON) if instant.tzinfo else instant).date().isoformat()
