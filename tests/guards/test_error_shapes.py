"""What the gateway answers in a service's stead is what the service would answer itself."""

import json
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from starlette.requests import Request

from chassis.openapi import operations
from chassis.problems import Problem
from gateway.contracts import read_contract
from gateway.render.error_texts import build_text, find_code
from gateway.render.local_replies import REPLIES

PROBLEM = {"$ref": "#/components/schemas/ProblemBody"}
# An outside contract with errors of its own; who mounts one adds its base here and to the gateway's tests.
MOUNTED = {
    "address": {"address/search/places/v1", "address/postcodes-io"},
    "casework": {"casework/open311/v2"},
    "mapping": {"mapping/mapit"},
    "payments": {
        f"payments/v1/{resource}" for resource in ("payments", "refunds", "disputes", "agreements", "auth")
    },
    "identity": {"identity/scim/v2", "token", "par", "introspect", "revoke", "userinfo"},
}


@pytest.fixture
def document(app):
    return app.openapi()


def list_error_schemas(operation):
    """List the schemas of an operation's errors, without pages and texts."""
    contents = [response["content"] for status, response in operation["responses"].items() if status >= "400"]
    return [content["schema"] for types in contents for kind, content in types.items() if "json" in kind]


def test_every_mounted_contract_tells_the_gateway_its_shape(service, document):
    bases = {row["base"] for row in document["x-error-shapes"]}
    assert bases == MOUNTED.get(service.name, set())
    shapes = read_contract(service.name, document).shapes
    for path, operation in operations(document):
        address = path.replace("{council}", "citytown")
        is_covered = any(re.fullmatch(shape.paths, address) for shape in shapes)
        assert is_covered == (PROBLEM not in list_error_schemas(operation)), path


def test_the_gateways_text_says_what_the_service_would_say(service, document):
    for shape, row in zip(service.shapes, read_contract(service.name, document).shapes, strict=True):
        for template in row.templates:
            for reply in REPLIES:
                problem = Problem(reply.status, find_code(template, reply), reply.detail)
                assert_same(shape.render(request_of(service, shape, template), problem), template, reply)


def request_of(service, shape, template):
    """Make a request of the kind that a template is for."""
    query = b"format=XML" if "format" in template.where else b""
    path = f"/citytown/{shape.base}/x" + (".xml" if "xml" in template.where else "")
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query}
    return Request(scope | {"headers": [], "app": SimpleNamespace(state=None)})


def assert_same(response, template, reply):
    """Check that the gateway's text has nothing that the service's own answer lacks."""
    text = build_text(reply, template)["text_format_source"]["inline_string"]
    text = text.replace("%RESPONSE_CODE%", str(reply.status)).replace("%%", "%")
    assert response.headers["content-type"].partition(";")[0] == template.media_type
    if template.media_type.endswith("xml"):
        assert ElementTree.canonicalize(text) == ElementTree.canonicalize(response.body.decode())
    else:
        body, expected = json.loads(text), json.loads(response.body)
        assert body == expected if isinstance(body, list) else body.items() <= expected.items()


def test_every_operation_documents_what_the_gateway_refuses(document):
    for path, operation in operations(document):
        responses = operation["responses"]
        assert responses.keys() >= {"401", "413", "429", "431", "503", "504"}, path
        assert responses["401"]["headers"].keys() >= {"WWW-Authenticate"}
        assert responses["429"]["headers"].keys() >= {"Retry-After", "RateLimit", "RateLimit-Policy"}
        assert responses["503"]["headers"].keys() >= {"Retry-After"}
