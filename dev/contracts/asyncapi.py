"""The AsyncAPI 3.0 document over all services: who publishes what where, and who follows it."""

from collections.abc import Iterator, Sequence
from typing import Any

from chassis.app import Service
from chassis.broker.topology import UNLIMITED
from chassis.events import EventData

_MEDIA_TYPE = "application/cloudevents+json"
_SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"
_COUNCIL = {
    "description": "The council's slug; `region` for what belongs to no council",
    "examples": ["citytown", "region"],
    "location": "$message.payload#/council",
}


def make_document(services: Sequence[Service]) -> dict[str, Any]:
    """Make the channels and messages of every event: ``send`` by its publisher, ``receive`` by consumers.

    The payloads' schemas are in ``events/`` beside this document.
    """
    events = [event for service in services for event in service.publishes]
    names = sorted({_name_channel(event) for event in events})
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
        "channels": {name: _make_channel(name, events) for name in names},
        "operations": {
            name: operation for service in services for name, operation in _make_operations(service)
        },
        "components": {"messages": {event.event_type: _make_message(event) for event in events}},
    }


def _name_channel(event: type[EventData]) -> str:
    """Name the event's channel (``address.property.changed``), which carries all of the event's versions."""
    return event.event_type.rpartition(".")[0]


def _make_channel(name: str, events: Sequence[type[EventData]]) -> dict[str, Any]:
    versions = [event for event in events if _name_channel(event) == name]
    return {
        "address": versions[0].nats_subject("{council}"),
        "parameters": {"council": _COUNCIL},
        "messages": {
            event.event_type: {"$ref": f"#/components/messages/{event.event_type}"} for event in versions
        },
    }


def _make_message(event: type[EventData]) -> dict[str, Any]:
    return {
        "name": event.event_type,
        "summary": (event.__doc__ or "").strip().partition("\n")[0],
        "contentType": _MEDIA_TYPE,
        "payload": {
            "schemaFormat": _SCHEMA_FORMAT,
            "schema": {"$ref": f"./events/{event.event_type}.json"},
        },
    }


def _make_operations(service: Service) -> Iterator[tuple[str, dict[str, Any]]]:
    """Make (name, operation) of each event the service publishes and of each that it follows."""
    for event in service.publishes:
        name = f"{service.name}.publishes.{event.event_type}"
        retention = {"x-retention": UNLIMITED} if service.keeps_events else {}
        yield name, {**_make_operation("send", event), "x-service": service.name, **retention}
    for consumer in service.all_consumers:
        for handler in consumer.handlers.values():
            name = f"{service.name}.{consumer.name}.follows.{handler.view.event_type}"
            durable = f"{service.name}-{consumer.name}"
            operation = _make_operation("receive", handler.view)
            yield name, {**operation, "x-service": service.name, "x-durable": durable}


def _make_operation(action: str, event: type[EventData]) -> dict[str, Any]:
    channel = f"#/channels/{_name_channel(event)}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{event.event_type}"}],
    }
