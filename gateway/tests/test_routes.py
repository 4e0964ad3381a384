"""The route table without Envoy: whichever route comes first must be the operation's own."""

import re

from hypothesis import given
from hypothesis import strategies as st

from gateway.contracts import Operation, Policy
from gateway.render.routes import groups, routes

PROTECTED = Policy("address", public=False, body=1_048_576, timeout=10)
PUBLIC = Policy("address", public=True, body=1_048_576, timeout=10)
LARGE = Policy("address", public=False, body=9_000_000, timeout=60)

parts = st.sampled_from(["a", "b", "{x}", "{y}"])
paths = st.lists(parts, min_size=1, max_size=3).map(lambda found: "/{council}/address/" + "/".join(found))
policies = st.sampled_from([PROTECTED, PUBLIC, LARGE])


def first(table, method, path):
    """The group of the first route that matches, as Envoy reads the table."""
    for group in table:
        if group.methods and method not in group.methods:
            continue
        if any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), path) for one in group.paths):
            return group
    return None


def literal(path):
    return path.replace("{council}", "citytown")


@given(st.dictionaries(st.tuples(st.sampled_from(["GET", "POST"]), paths), policies, max_size=12))
def test_a_path_without_parameters_always_gets_its_own_policy(known):
    table = groups([Operation(method, path, policy) for (method, path), policy in known.items()])
    for (method, path), policy in known.items():
        if "{x}" not in path and "{y}" not in path:
            assert first(table, method, literal(path)).policy == policy


@given(st.dictionaries(st.tuples(st.sampled_from(["GET", "POST"]), paths), policies, max_size=12))
def test_every_operation_is_reached(known):
    table = groups([Operation(method, path, policy) for (method, path), policy in known.items()])
    for method, path in known:
        assert first(table, method, re.sub(r"\{\w+\}", "value", path)) is not None


def test_paths_with_one_policy_share_one_route():
    known = [Operation("GET", f"/{{council}}/address/v1/{n}", PROTECTED) for n in range(50)]
    assert len(groups(known)) == 1


def test_a_literal_path_comes_before_the_template_that_would_take_it():
    table = groups(
        [
            Operation("GET", "/{council}/address/{x}", PUBLIC),
            Operation("GET", "/{council}/address/secret", PROTECTED),
        ]
    )
    assert first(table, "GET", "/citytown/address/secret").policy == PROTECTED


def test_a_method_the_contract_lacks_is_never_more_public_than_those_it_has():
    path = "/{council}/address/a"
    table = groups([Operation("GET", path, PUBLIC), Operation("POST", path, PROTECTED)])
    assert first(table, "GET", literal(path)).policy == PUBLIC
    assert first(table, "DELETE", literal(path)).policy == PROTECTED


def test_rendering_the_same_twice_gives_the_same():
    known = [Operation("GET", "/{council}/address/a", PUBLIC)]
    assert routes(known, None) == routes(known, None)
