"""The JSON Schema of an event as it is published: the CloudEvents envelope with its payload."""

from typing import Any

from chassis.events import Envelope, EventData

_EXAMPLE_ID = "01kp3v9m2q8s4t6w1x5y7z0abc"
_EXAMPLE_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def make_schema(event: type[EventData]) -> dict[str, Any]:
    """Make the event's schema, with one example. Raises ValueError when the event has none.

    An event's example names its aggregate's id first: the envelope's ``subject`` is taken from there.
    """
    if not event.event_example:
        raise ValueError(f"{event.__name__} ({event.event_type}) has no event_example")
    envelope = Envelope.model_json_schema(mode="serialization")
    payload = event.model_json_schema(mode="serialization", ref_template="#/$defs/{model}")
    definitions = payload.pop("$defs", {})
    properties = {name: _remove_null(schema) for name, schema in envelope["properties"].items()}
    properties["type"] = {"type": "string", "const": event.event_type}
    properties["source"] = {"type": "string", "const": f"urn:townhall:{event.capability()}"}
    properties["data"] = {"$ref": f"#/$defs/{event.__name__}"}
    optional = {name for name, schema in envelope["properties"].items() if _is_nullable(schema)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:townhall:event:{event.event_type}",
        "title": event.event_type,
        "description": payload.get("description", ""),
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "$defs": {**definitions, event.__name__: payload},
        "examples": [_make_example(event)],
    }


def _is_nullable(schema: dict[str, Any]) -> bool:
    return {"type": "null"} in schema.get("anyOf", [])


def _remove_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Remove null from an attribute's schema: an attribute without a value is left out of the envelope."""
    if not _is_nullable(schema):
        return schema
    annotations = {keyword: value for keyword, value in schema.items() if keyword not in {"anyOf", "default"}}
    (value_schema,) = (branch for branch in schema["anyOf"] if branch != {"type": "null"})
    return {**value_schema, **annotations}


def _make_example(event: type[EventData]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": _EXAMPLE_ID,
        "source": f"urn:townhall:{event.capability()}",
        "type": event.event_type,
        "subject": str(next(iter(event.event_example.values()))),
        "time": "2026-11-21T10:00:00Z",
        "datacontenttype": "application/json",
        "council": "citytown",
        "sequence": 2,
        "traceparent": _EXAMPLE_TRACE,
        "data": dict(event.event_example),
    }
