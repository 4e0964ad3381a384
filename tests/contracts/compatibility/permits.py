"""The contracts of an invented capability (parking permits), rich enough to break every rule."""

from typing import Any

PROBLEM = {"$ref": "#/components/responses/Problem"}
OPENAPI = "openapi/permits.json"
EVENT = "events/permits.permit.issued.v1.json"
ASYNCAPI = "asyncapi.json"
PERMITS = "/{council}/permits/v1/permits"
PERMIT = "/{council}/permits/v1/permits/{id}"
ZONES = "/{council}/permits/v1/zones"
SCOPED = [{"oauth2": ["permits:read"]}, {"apiKey": []}]


def make_contracts() -> dict[str, dict[str, Any]]:
    """Make all three documents, new each time because a seed changes them."""
    return {OPENAPI: make_openapi(), EVENT: make_event(), ASYNCAPI: make_asyncapi()}


def make_ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def make_content(schema: dict[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    return {media_type: {"schema": schema}}


def make_openapi() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Permits", "version": "1.0.0"},
        "servers": [{"url": "/"}],
        "paths": {PERMITS: _make_collection(), PERMIT: _make_item(), ZONES: _make_zones()},
        "components": {
            "schemas": _make_schemas(),
            "responses": {
                "Problem": {
                    "description": "What was wrong",
                    "content": make_content(make_ref("Problem"), "application/problem+json"),
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


def _make_council() -> dict[str, Any]:
    pattern = "^[a-z][a-z0-9-]{1,38}[a-z0-9]$"
    schema = {"type": "string", "pattern": pattern, "minLength": 3, "maxLength": 40}
    return {"name": "council", "in": "path", "required": True, "schema": schema}


def _make_query(name: str, schema: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, **keywords}


def _make_collection() -> dict[str, Any]:
    nullable = {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}
    return {
        "parameters": [_make_council()],
        "get": {
            "operationId": "list_permits",
            "security": SCOPED.copy(),
            "x-delegation": {"theme": "parking"},
            "x-limits": {"body": 1048576, "timeout": 10},
            "parameters": [
                _make_query("q", {"type": "string", "minLength": 3, "maxLength": 200}),
                _make_query("status", {"type": "array", "items": make_ref("Status"), "maxItems": 5}),
                _make_query("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
                _make_query("on", nullable),
                _make_query(
                    "postcode", {"type": "string", "pattern": "^[A-Z]{1,2}[0-9]{1,2} [0-9][A-Z]{2}$"}
                ),
                _make_query("zone", {"type": "string", "pattern": "^(?!X)[A-Z]{2}$"}),
                {"name": "Accept-Language", "in": "header", "required": False, "schema": {"type": "string"}},
            ],
            "responses": {
                "200": {
                    "description": "Permits",
                    "headers": {
                        "ETag": {"required": True, "schema": {"type": "string", "maxLength": 80}},
                        "Link": {"schema": {"type": "string"}},
                    },
                    "content": {
                        **make_content(make_ref("Page")),
                        **make_content(make_ref("Features"), "application/geo+json"),
                    },
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
                    **make_content(make_ref("NewPermit")),
                    **make_content(make_ref("Form"), "application/x-www-form-urlencoded"),
                },
            },
            "callbacks": {"issued": {"{$request.body#/url}": {"post": {"responses": {}}}}},
            "responses": {
                "201": {"description": "Issued", "content": make_content(make_ref("Permit"))},
                "202": {"description": "Will be issued", "content": make_content(make_ref("Ticket"))},
                "409": PROBLEM.copy(),
            },
        },
    }


def _make_item() -> dict[str, Any]:
    identifier = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 26}}
    return {
        "parameters": [_make_council(), identifier],
        "patch": {
            "operationId": "change_permit",
            "security": [{"oauth2": ["permits:issue"]}],
            "requestBody": {
                "required": False,
                "content": make_content(make_ref("Change"), "application/merge-patch+json"),
            },
            "responses": {"200": {"description": "Changed", "content": make_content(make_ref("Permit"))}},
        },
        "delete": {
            "operationId": "cancel_permit",
            "security": [{"oauth2": ["permits:issue"]}],
            "responses": {"204": {"description": "Cancelled"}, "404": PROBLEM.copy()},
        },
    }


def _make_zones() -> dict[str, Any]:
    return {
        "get": {
            "operationId": "list_zones",
            "security": [],
            "parameters": [_make_council()],
            "responses": {
                "200": {"description": "The tree of zones", "content": make_content(make_ref("Zone"))}
            },
        }
    }


def _make_object(properties: dict[str, Any], required: str = "", **keywords: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required.split(), **keywords}


TEXT = {"type": "string", "minLength": 1, "maxLength": 200}
PATTERN = "^[0-7][0-9a-hjkmnp-tv-z]{25}$"
IDENTIFIER = {"type": "string", "pattern": PATTERN, "minLength": 26, "maxLength": 26}


def _make_text() -> dict[str, Any]:
    return dict(TEXT)


def _make_union() -> dict[str, Any]:
    discriminator = {"propertyName": "type", "mapping": {"card": "#/components/schemas/Card"}}
    return {"oneOf": [make_ref("Card"), make_ref("Invoice")], "discriminator": discriminator}


def _make_schemas() -> dict[str, Any]:
    return {
        **_make_shared_schemas(),
        **_make_request_schemas(),
        **_make_permit_schemas(),
        **_make_response_schemas(),
    }


def _make_shared_schemas() -> dict[str, Any]:
    return {
        "Status": {"type": "string", "enum": ["applied", "issued", "expired"], "title": "Status"},
        "Reason": {"type": "string", "enum": ["moved", "sold"], "x-extensible-enum": True},
        "Card": _make_object(
            {"type": {"type": "string", "const": "card"}, "reference": _make_text()}, "type reference"
        ),
        "Invoice": _make_object(
            {
                "type": {"type": "string", "const": "invoice"},
                "account": {"type": "string", "pattern": "^[0-9]{6,10}$"},
                "due": {"type": "string", "format": "date"},
            },
            "type account",
        ),
    }


def _make_request_schemas() -> dict[str, Any]:
    return {
        "NewPermit": _make_object(
            {
                "vehicle": {"type": "string", "minLength": 2, "maxLength": 8},
                "uprn": {"type": "integer", "minimum": 1, "maximum": 999999999999},
                "months": {"type": "integer", "enum": [3, 6, 12], "default": 12},
                "note": {"anyOf": [_make_text(), {"type": "null"}]},
                "email": {"type": "string", "format": "email"},
                "weight": {"type": "number", "exclusiveMinimum": 0, "maximum": 3500, "multipleOf": 0.5},
                "tags": {"type": "array", "items": _make_text(), "maxItems": 10},
                "labels": {"type": "object", "additionalProperties": _make_text(), "maxProperties": 20},
                "payment": _make_union(),
                "colour": {"enum": ["red", "blue", None]},
                "extra": _make_object({"a": {"type": "string"}}, additionalProperties=False),
                "rule": {"type": "string", "not": {"const": "none"}},
                "part": make_ref("Part"),
            },
            "vehicle uprn payment",
        ),
        "Part": _make_object(
            {"name": _make_text(), "parts": {"type": "array", "items": make_ref("Part")}}, "name"
        ),
        "Form": _make_object({"vehicle": {"type": "string"}, "uprn": {"type": "string"}}, "vehicle uprn"),
        "Change": _make_object(
            {"note": {"anyOf": [_make_text(), {"type": "null"}]}, "version": {"type": "integer"}}
        ),
    }


def _make_permit_schemas() -> dict[str, Any]:
    return {
        "Base": _make_object(
            {"id": dict(IDENTIFIER), "created_at": {"type": "string", "format": "date-time"}}, "id"
        ),
        "Permit": {
            "allOf": [
                make_ref("Base"),
                _make_object(
                    {
                        "vehicle": {"type": "string", "maxLength": 8},
                        "status": make_ref("Status"),
                        "reason": make_ref("Reason"),
                        "price": {"type": "integer", "minimum": 0, "maximum": 100000000000},
                        "ends": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
                        "holder": _make_object({"name": _make_text(), "uprn": {"type": "integer"}}, "name"),
                        "history": {"type": "array", "items": make_ref("Entry"), "maxItems": 500},
                        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                        "paid_by": _make_union(),
                    },
                    "vehicle status price holder",
                ),
            ]
        },
    }


def _make_response_schemas() -> dict[str, Any]:
    return {
        "Entry": _make_object(
            {"at": {"type": "string", "format": "date-time"}, "what": _make_text()},
            "at what",
            additionalProperties=False,
        ),
        "Page": _make_object(
            {
                "items": {"type": "array", "items": make_ref("Permit"), "maxItems": 100},
                "next": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            },
            "items next",
        ),
        "Features": _make_object(
            {"bbox": _make_bbox(), "features": {"type": "array", "items": {}}}, "features"
        ),
        "Ticket": _make_object(
            {"id": dict(IDENTIFIER), "see": {"type": "string", "format": "uri"}}, "id see"
        ),
        "Zone": _make_object(
            {
                "code": {"type": "string"},
                "label": _make_text(),
                "within": {"type": "array", "items": make_ref("Zone")},
            },
            "code within",
        ),
        "Problem": _make_object(
            {"type": {"type": "string"}, "status": {"type": "integer"}, "code": {"type": "string"}},
            "type status code",
        ),
    }


def _make_bbox() -> dict[str, Any]:
    number = {"type": "number"}
    return {"type": "array", "prefixItems": [number] * 4, "items": False, "minItems": 4, "maxItems": 4}


def make_event() -> dict[str, Any]:
    text = {"type": "string", "maxLength": 200}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:townhall:event:permits.permit.issued.v1",
        "title": "permits.permit.issued.v1",
        **_make_object(
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
            "Issued": _make_object(
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


def make_asyncapi() -> dict[str, Any]:
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
