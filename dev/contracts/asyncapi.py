"""The AsyncAPI 3.0 document over all services: who publishes what where, and who follows it."""

from collections.abc import Iterator, Sequence
from typing import Any

from chassis.app import Service
from chassis.events import EventData

_MEDIA_TYPE = "application/cloudevents+json"
_SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"
_COUNCIL = {
    "description": "The council's slug; `region` for what belongs to no council",
    "examples": ["citytown", "region"],
    "location": "$message.payload#/council",
}


def document(services: Sequence[Service]) -> dict[str, Any]:
    """Channels and messages of every published event: ``send`` by its publisher, ``receive`` by consumers.

    The payloads' schemas are in ``events/`` beside this document.
    """
    events = [event for service in services for event in service.publishes]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Townhall events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 in structured JSON over NATS JetStream, in order per aggregate, "
            "delivered at least once: keep the id of what you have done.",
        },
        "defaultContentType": _MEDIA_TYPE,
        "servers": {
            "nats": {
                "host": "127.0.0.1:8022",
                "protocol": "nats",
                "description": "The laptop's; each region has its own. A council's own consumers are granted "
                "the subjects that carry its slug.",
            }
        },
        "channels": dict(_channel(channel, events) for channel in sorted({_name(event) for event in events})),
        "operations": {name: said for service in services for name, said in _operations(service)},
        "components": {"messages": {event.event_type: _message(event) for event in events}},
    }


def _name(event: type[EventData]) -> str:
    """A channel carries all versions of an event: ``address.property.changed``."""
    return event.event_type.rpartition(".")[0]


def _channel(name: str, events: Sequence[type[EventData]]) -> tuple[str, dict[str, Any]]:
    versions = [event for event in events if _name(event) == name]
    return name, {
        "address": versions[0].nats_subject("{council}"),
        "parameters": {"council": _COUNCIL},
        "messages": {
            event.event_type: {"$ref": f"#/components/messages/{event.event_type}"} for event in versions
        },
    }


def _message(event: type[EventData]) -> dict[str, Any]:
    return {
        "name": event.event_type,
        "summary": (event.__doc__ or "").strip().partition("\n")[0],
        "contentType": _MEDIA_TYPE,
        "payload": {
            "schemaFormat": _SCHEMA_FORMAT,
            "schema": {"$ref": f"./events/{event.event_type}.json"},
        },
    }


def _operations(service: Service) -> Iterator[tuple[str, dict[str, Any]]]:
    for event in service.publishes:
        yield f"{service.name}.publishes.{event.event_type}", _operation("send", event)
    for consumer in service.listens:
        for handler in consumer.handlers.values():
            name = f"{service.name}.{consumer.name}.follows.{handler.view.event_type}"
            yield (
                name,
                {**_operation("receive", handler.view), "x-durable": f"{service.name}-{consumer.name}"},
            )


def _operation(action: str, event: type[EventData]) -> dict[str, Any]:
    channel = f"#/channels/{_name(event)}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{event.event_type}"}],
    }
