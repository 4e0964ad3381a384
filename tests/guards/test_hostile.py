"""Generated requests, mostly wrong, against every operation: never a 500, always as documented."""

import re

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chassis.openapi import operations

# Named one by one: the registry lists those alone that somebody has imported.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 4  # of each operation; the long tests send more to running services


def generate(operation):
    """Some requests to an operation, the same in every run."""
    cases = []

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def keep(case):
        cases.append(case)

    keep()
    return cases


async def send(client, case, headers):
    """Send a generated request in-process."""
    if "council" in (case.path_parameters or {}):
        case.path_parameters["council"] = "citytown"
    request = requests.Request(
        **case.as_transport_kwargs(base_url="http://test.invalid", headers=headers)
    ).prepare()
    return await client.request(
        request.method, request.url, headers=dict(request.headers), content=request.body
    )


def scopes(document):
    return sorted(
        {s for _, o in operations(document) for security in o["security"] for s in security.get("oauth2", [])}
    )


@pytest.mark.timeout(240)
async def test_generated_requests_are_answered_as_documented(app, client, mint):
    document = app.openapi()
    headers = {"X-Api-Key": mint(scopes=scopes(document), councils=["citytown"])}
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
    faults, count = [], 0
    for result in schema.get_all_operations():
        operation = result.ok()
        for case in generate(operation):
            response = await send(client, case, headers)
            count += 1
            try:
                case.validate_response(response, checks=CHECKS)
            except BaseExceptionGroup as group:
                faults += [f"{operation.label}: {fault}" for fault in group.exceptions]
    assert faults == []
    assert count >= EXAMPLES * len(document["paths"]) / 2


async def test_a_fault_in_an_answer_is_found(app, client, mint, monkeypatch):
    """The checks bite: an operation whose documentation leaves out what it answers is a fault."""
    document = app.openapi()
    path = next(path for path in document["paths"] if re.fullmatch(r"/\{council\}/\w+/v1/council", path))
    operation = {**document["paths"][path]["get"], "responses": {"418": {"description": "Never"}}}
    lying = {**document, "paths": {path: {"get": operation}}}
    schema = schemathesis.openapi.from_dict(lying, config=SchemathesisConfig())
    case = generate(next(schema.get_all_operations()).ok())[0]
    response = await send(client, case, {"X-Api-Key": mint(scopes=[])})
    with pytest.raises(BaseExceptionGroup, match="failure"):
        case.validate_response(response, checks=CHECKS)
