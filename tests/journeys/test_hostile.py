"""Generated requests, mostly wrong, against every operation of running services.

``tests/guards/test_hostile.py`` sends fewer of them in-process, in every run.
"""

import json
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dev.stack import PATHS
from tests.conftest import SERVICES

CONTRACTS = Path(__file__).parents[2] / "contracts" / "openapi"
# Named one by one: the registry lists only those that are imported.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def operations():
    for name in SERVICES:
        document = json.loads((CONTRACTS / f"{name}.json").read_text())
        schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
        for result in schema.get_all_operations():
            operation = result.ok()
            yield pytest.param(name, operation, id=f"{name} {operation.label}")


@pytest.mark.long
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("name", "operation"), list(operations()))
def test_generated_requests_are_answered_as_documented(platform, name, operation):
    """Send past the gateway: its limits would refuse most requests before the service gets them."""
    headers = {"X-Api-Key": platform.key()}
    path = f"/citytown/{PATHS.get(name, name)}/v1/council"
    response = httpx.get(platform.url(name) + path, headers=headers, trust_env=False)
    assert response.json()["slug"] == "citytown"

    @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def send(case):
        if "council" in (case.path_parameters or {}):
            case.path_parameters["council"] = "citytown"
        case.call_and_validate(base_url=platform.url(name), headers=headers, checks=CHECKS)

    send()
