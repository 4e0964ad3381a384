"""Contracts: what the gateway reads from them, and what they may not leave out."""

import pytest

from gateway.contracts import ContractError, Operation, Policy, read_operations

LIMITS = {"body": 100, "timeout": 2.5}


def read(path, **operation):
    return read_operations("address", {"paths": {path: {"get": {"x-limits": LIMITS, **operation}}}})


def test_an_operation_has_its_security_and_limits():
    policy = Policy("address", public=False, body=100, timeout=2.5)
    assert read("/{council}/address/v1/a", security=[{"oauth2": ["address:read"]}]) == [
        Operation("GET", "/{council}/address/v1/a", policy)
    ]


def test_an_operation_says_whether_its_bodies_are_streams():
    security = [{"oauth2": ["address:match"]}]
    path = "/{council}/address/v1/a"
    assert not read(path, security=security)[0].policy.stream
    assert read(path, security=security, **{"x-limits": {**LIMITS, "stream": True}})[0].policy.stream
    with pytest.raises(ContractError, match="neither true nor false"):
        read(path, security=security, **{"x-limits": {**LIMITS, "stream": "yes"}})


def test_an_operation_is_public_only_when_it_says_so():
    assert read("/{council}/address/v1/a", security=[])[0].policy.public
    with pytest.raises(ContractError, match="does not say who may"):
        read("/{council}/address/v1/a")


@pytest.mark.parametrize("missing", ["body", "timeout"])
def test_an_operation_without_a_limit_is_refused(missing):
    limits = {name: value for name, value in LIMITS.items() if name != missing}
    with pytest.raises(ContractError, match=f"GET /.council./address/v1/a lacks x-limits.{missing}"):
        read("/{council}/address/v1/a", security=[], **{"x-limits": limits})


@pytest.mark.parametrize(
    "path", ["/health/ready", "/metrics", "/{council}/payments/v1/council", "/openapi.json"]
)
def test_paths_outside_the_services_own_are_not_exposed(path):
    assert read(path, security=[]) == []


@pytest.mark.parametrize("path", ["/address/v1/a", "/developers/keys", "/{council}/address/v1/a"])
def test_region_wide_paths_and_councils_paths_are_exposed(path):
    assert [operation.path for operation in read(path, security=[])] == [path]
