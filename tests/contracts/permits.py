"""A made-up capability's contracts (parking permits), rich enough to break in every way we know of."""

from typing import Any

PROBLEM = {"$ref": "#/components/responses/Problem"}
FILE = "openapi/permits.json"
EVENT = "events/permits.permit.issued.v1.json"
ASYNC = "asyncapi.json"
LIST = "/{council}/permits/v1/permits"
ONE = "/{council}/permits/v1/permits/{id}"
ZONES = "/{council}/permits/v1/zones"
SCOPED = [{"oauth2": ["permits:read"]}, {"apiKey": []}]


def contracts() -> dict[str, dict[str, Any]]:
    """All three documents, new each time: a seed changes them."""
    return {FILE: openapi(), EVENT: event(), ASYNC: asyncapi()}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def body(schema: dict[str, Any], media: str = "application/json") -> dict[str, Any]:
    return {media: {"schema": schema}}


def openapi() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Permits", "version": "1.0.0"},
        "servers": [{"url": "/"}],
        "paths": {LIST: _list(), ONE: _one(), ZONES: _zones()},
        "components": {
            "schemas": _schemas(),
            "responses": {
                "Problem": {
                    "description": "What was wrong",
                    "content": body(ref("Problem"), "application/problem+json"),
                }
            },
            "securitySchemes": {
                "oauth2": {
                    "type": "oauth2",
                    "flows": {
                        "clientCredentials": {
                            "tokenUrl": "/identity/token",
                            "scopes": {"permits:read": "See permits", "permits:issue": "Issue permits"},
                        }
                    },
                },
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            },
        },
    }


def _council() -> dict[str, Any]:
    pattern = "^[a-z][a-z0-9-]{1,38}[a-z0-9]$"
    schema = {"type": "string", "pattern": pattern, "minLength": 3, "maxLength": 40}
    return {"name": "council", "in": "path", "required": True, "schema": schema}


def _query(name: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, **more}


def _list() -> dict[str, Any]:
    nullable = {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}
    return {
        "parameters": [_council()],
        "get": {
            "operationId": "list_permits",
            "security": SCOPED.copy(),
            "x-delegation": {"theme": "parking"},
            "x-limits": {"body": 1048576, "timeout": 10},
            "parameters": [
                _query("q", {"type": "string", "minLength": 3, "maxLength": 200}),
                _query("status", {"type": "array", "items": ref("Status"), "maxItems": 5}),
                _query("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
                _query("on", nullable),
                _query("postcode", {"type": "string", "pattern": "^[A-Z]{1,2}[0-9]{1,2} [0-9][A-Z]{2}$"}),
                _query("zone", {"type": "string", "pattern": "^(?!X)[A-Z]{2}$"}),
                {"name": "Accept-Language", "in": "header", "required": False, "schema": {"type": "string"}},
            ],
            "responses": {
                "200": {
                    "description": "Permits",
                    "headers": {
                        "ETag": {"required": True, "schema": {"type": "string", "maxLength": 80}},
                        "Link": {"schema": {"type": "string"}},
                    },
                    "content": {**body(ref("Page")), **body(ref("Features"), "application/geo+json")},
                },
                "304": {"description": "Not modified"},
                "400": PROBLEM.copy(),
            },
        },
        "post": {
            "operationId": "issue_permit",
            "security": [{"oauth2": ["permits:issue"]}],
            "x-limits": {"body": 65536, "timeout": 10},
            "requestBody": {
                "required": True,
                "content": {
                    **body(ref("NewPermit")),
                    **body(ref("Form"), "application/x-www-form-urlencoded"),
                },
            },
            "callbacks": {"issued": {"{$request.body#/url}": {"post": {"responses": {}}}}},
            "responses": {
                "201": {"description": "Issued", "content": body(ref("Permit"))},
                "202": {"description": "Will be issued", "content": body(ref("Ticket"))},
                "409": PROBLEM.copy(),
            },
        },
    }


def _one() -> dict[str, Any]:
    identifier = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 26}}
    return {
        "parameters": [_council(), identifier],
        "patch": {
            "operationId": "change_permit",
            "security": [{"oauth2": ["permits:issue"]}],
            "requestBody": {
                "required": False,
                "content": body(ref("Change"), "application/merge-patch+json"),
            },
            "responses": {"200": {"description": "Changed", "content": body(ref("Permit"))}},
        },
        "delete": {
            "operationId": "cancel_permit",
            "security": [{"oauth2": ["permits:issue"]}],
            "responses": {"204": {"description": "Cancelled"}, "404": PROBLEM.copy()},
        },
    }


def _zones() -> dict[str, Any]:
    return {
        "get": {
            "operationId": "list_zones",
            "security": [],
            "parameters": [_council()],
            "responses": {"200": {"description": "The tree of zones", "content": body(ref("Zone"))}},
        }
    }


def _object(properties: dict[str, Any], required: str = "", **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required.split(), **more}


TEXT = {"type": "string", "minLength": 1, "maxLength": 200}
PATTERN = "^[0-7][0-9a-hjkmnp-tv-z]{25}$"
IDENTIFIER = {"type": "string", "pattern": PATTERN, "minLength": 26, "maxLength": 26}


def _text() -> dict[str, Any]:
    return dict(TEXT)


def _union() -> dict[str, Any]:
    discriminator = {"propertyName": "type", "mapping": {"card": "#/components/schemas/Card"}}
    return {"oneOf": [ref("Card"), ref("Invoice")], "discriminator": discriminator}


def _schemas() -> dict[str, Any]:
    return {**_shared(), **_sent(), **_permit(), **_answered()}


def _shared() -> dict[str, Any]:
    return {
        "Status": {"type": "string", "enum": ["applied", "issued", "expired"], "title": "Status"},
        "Reason": {"type": "string", "enum": ["moved", "sold"], "x-extensible-enum": True},
        "Card": _object(
            {"type": {"type": "string", "const": "card"}, "reference": _text()}, "type reference"
        ),
        "Invoice": _object(
            {
                "type": {"type": "string", "const": "invoice"},
                "account": {"type": "string", "pattern": "^[0-9]{6,10}$"},
                "due": {"type": "string", "format": "date"},
            },
            "type account",
        ),
    }


def _sent() -> dict[str, Any]:
    return {
        "NewPermit": _object(
            {
                "vehicle": {"type": "string", "minLength": 2, "maxLength": 8},
                "uprn": {"type": "integer", "minimum": 1, "maximum": 999999999999},
                "months": {"type": "integer", "enum": [3, 6, 12], "default": 12},
                "note": {"anyOf": [_text(), {"type": "null"}]},
                "email": {"type": "string", "format": "email"},
                "weight": {"type": "number", "exclusiveMinimum": 0, "maximum": 3500, "multipleOf": 0.5},
                "tags": {"type": "array", "items": _text(), "maxItems": 10},
                "labels": {"type": "object", "additionalProperties": _text(), "maxProperties": 20},
                "payment": _union(),
                "colour": {"enum": ["red", "blue", None]},
                "extra": _object({"a": {"type": "string"}}, additionalProperties=False),
                "rule": {"type": "string", "not": {"const": "none"}},
                "part": ref("Part"),
            },
            "vehicle uprn payment",
        ),
        "Part": _object({"name": _text(), "parts": {"type": "array", "items": ref("Part")}}, "name"),
        "Form": _object({"vehicle": {"type": "string"}, "uprn": {"type": "string"}}, "vehicle uprn"),
        "Change": _object({"note": {"anyOf": [_text(), {"type": "null"}]}, "version": {"type": "integer"}}),
    }


def _permit() -> dict[str, Any]:
    return {
        "Base": _object(
            {"id": dict(IDENTIFIER), "created_at": {"type": "string", "format": "date-time"}}, "id"
        ),
        "Permit": {
            "allOf": [
                ref("Base"),
                _object(
                    {
                        "vehicle": {"type": "string", "maxLength": 8},
                        "status": ref("Status"),
                        "reason": ref("Reason"),
                        "price": {"type": "integer", "minimum": 0, "maximum": 100000000000},
                        "ends": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
                        "holder": _object({"name": _text(), "uprn": {"type": "integer"}}, "name"),
                        "history": {"type": "array", "items": ref("Entry"), "maxItems": 500},
                        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                        "paid_by": _union(),
                    },
                    "vehicle status price holder",
                ),
            ]
        },
    }


def _answered() -> dict[str, Any]:
    return {
        "Entry": _object(
            {"at": {"type": "string", "format": "date-time"}, "what": _text()},
            "at what",
            additionalProperties=False,
        ),
        "Page": _object(
            {
                "items": {"type": "array", "items": ref("Permit"), "maxItems": 100},
                "next": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            },
            "items next",
        ),
        "Features": _object({"bbox": _bbox(), "features": {"type": "array", "items": {}}}, "features"),
        "Ticket": _object({"id": dict(IDENTIFIER), "see": {"type": "string", "format": "uri"}}, "id see"),
        "Zone": _object(
            {"code": {"type": "string"}, "label": _text(), "within": {"type": "array", "items": ref("Zone")}},
            "code within",
        ),
        "Problem": _object(
            {"type": {"type": "string"}, "status": {"type": "integer"}, "code": {"type": "string"}},
            "type status code",
        ),
    }


def _bbox() -> dict[str, Any]:
    number = {"type": "number"}
    return {"type": "array", "prefixItems": [number] * 4, "items": False, "minItems": 4, "maxItems": 4}


def event() -> dict[str, Any]:
    text = {"type": "string", "maxLength": 200}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:townhall:event:permits.permit.issued.v1",
        "title": "permits.permit.issued.v1",
        **_object(
            {
                "specversion": {"type": "string", "const": "1.0"},
                "id": text,
                "source": text,
                "type": {"type": "string", "const": "permits.permit.issued.v1"},
                "subject": text,
                "sequence": {"type": "integer", "minimum": 1},
                "traceparent": {"anyOf": [text, {"type": "null"}]},
                "data": {"$ref": "#/$defs/Issued"},
            },
            "specversion id source type subject sequence data",
        ),
        "$defs": {
            "Issued": _object(
                {
                    "permit": text,
                    "status": {"type": "string", "enum": ["issued", "renewed"]},
                    "price": {"type": "integer", "minimum": 0, "maximum": 1000},
                    "zone": {"type": "string", "pattern": "^[A-Z]{2}$"},
                    "uprn": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                },
                "permit status price uprn",
            )
        },
        "examples": [{}],
    }


def asyncapi() -> dict[str, Any]:
    channel = "#/channels/permits.permit.issued"
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Townhall events", "version": "1.0.0"},
        "defaultContentType": "application/cloudevents+json",
        "servers": {"nats": {"host": "127.0.0.1:4222", "protocol": "nats"}},
        "channels": {
            "permits.permit.issued": {
                "address": "{council}.permits.permit.issued",
                "parameters": {"council": {"description": "The council's slug"}},
                "messages": {
                    "permits.permit.issued.v1": {"$ref": "#/components/messages/permits.permit.issued.v1"}
                },
            }
        },
        "operations": {
            "permits.publish.permit.issued": {"action": "send", "channel": {"$ref": channel}},
            "casework.follow.permit.issued": {"action": "receive", "channel": {"$ref": channel}},
        },
        "components": {
            "messages": {
                "permits.permit.issued.v1": {
                    "name": "permits.permit.issued.v1",
                    "payload": {
                        "schemaFormat": "application/schema+json;version=draft-2020-12",
                        "schema": {"$ref": "events/permits.permit.issued.v1.json"},
                    },
                }
            }
        },
    }
