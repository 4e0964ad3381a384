"""The JSON Schema of the fields of a case type's cases."""

from typing import Any

from casework.model.rules.case_type import CaseType


def make_fields_schema(case_type: CaseType) -> dict[str, Any]:
    """Make the schema. ``x-restricted`` names the one role that reads a field."""
    properties = {}
    for field in case_type.fields.values():
        extra: dict[str, Any] = {"x-restricted": field.restricted} if field.restricted else {}
        extra |= {"x-personal": True} if field.personal else {}
        properties[field.id] = {"title": field.label.en, **field.schema, **extra}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": case_type.name.en,
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }
