"""The route table without Envoy: the first route that matches must have the operation's policy."""

import re

from hypothesis import given
from hypothesis import strategies as st

from gateway.contracts import Contracts, Operation, Policy
from gateway.render.route_groups import group_operations
from gateway.render.routes import build_routes

PROTECTED = Policy("address", public=False, body=1_048_576, timeout=10)
PUBLIC = Policy("address", public=True, body=1_048_576, timeout=10)
LARGE = Policy("address", public=False, body=9_000_000, timeout=60)

parts = st.sampled_from(["a", "b", "{x}", "{y}"])
paths = st.lists(parts, min_size=1, max_size=3).map(
    lambda segments: "/{council}/address/" + "/".join(segments)
)
policies = st.sampled_from([PROTECTED, PUBLIC, LARGE])


def find_group(table, method, path):
    """Find the group of the first route that matches, as Envoy does."""
    for group in table:
        if group.methods and method not in group.methods:
            continue
        if any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) for template in group.paths):
            return group
    return None


def fill_council(path):
    return path.replace("{council}", "citytown")


@given(st.dictionaries(st.tuples(st.sampled_from(["GET", "POST"]), paths), policies, max_size=12))
def test_a_path_without_parameters_always_gets_its_own_policy(contract):
    table = group_operations([Operation(method, path, policy) for (method, path), policy in contract.items()])
    for (method, path), policy in contract.items():
        if "{x}" not in path and "{y}" not in path:
            assert find_group(table, method, fill_council(path)).policy == policy


@given(st.dictionaries(st.tuples(st.sampled_from(["GET", "POST"]), paths), policies, max_size=12))
def test_every_operation_has_a_route(contract):
    table = group_operations([Operation(method, path, policy) for (method, path), policy in contract.items()])
    for method, path in contract:
        assert find_group(table, method, re.sub(r"\{\w+\}", "value", path)) is not None


def test_paths_with_one_policy_share_one_route():
    operations = [Operation("GET", f"/{{council}}/address/v1/{n}", PROTECTED) for n in range(50)]
    assert len(group_operations(operations)) == 1


def test_a_literal_path_comes_before_the_template_that_would_take_it():
    table = group_operations(
        [
            Operation("GET", "/{council}/address/{x}", PUBLIC),
            Operation("GET", "/{council}/address/secret", PROTECTED),
        ]
    )
    assert find_group(table, "GET", "/citytown/address/secret").policy == PROTECTED


def test_a_method_that_the_contract_lacks_is_never_more_public_than_those_it_has():
    path = "/{council}/address/a"
    table = group_operations([Operation("GET", path, PUBLIC), Operation("POST", path, PROTECTED)])
    assert find_group(table, "GET", fill_council(path)).policy == PUBLIC
    assert find_group(table, "DELETE", fill_council(path)).policy == PROTECTED


def test_head_is_as_public_as_get():
    path = "/{council}/address/a"
    table = group_operations([Operation("GET", path, PUBLIC), Operation("POST", path, PROTECTED)])
    assert find_group(table, "HEAD", fill_council(path)).policy == PUBLIC
    closed = group_operations([Operation("GET", path, PROTECTED), Operation("POST", path, PUBLIC)])
    assert find_group(closed, "HEAD", fill_council(path)).policy == PROTECTED


def test_rendering_the_same_twice_gives_the_same():
    contracts = Contracts((Operation("GET", "/{council}/address/a", PUBLIC),))
    assert build_routes(contracts, None) == build_routes(contracts, None)
