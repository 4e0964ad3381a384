"""Whatever is done to a case of a type that ships, there is a way from it to an end."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.case_types.actions.library import list_codes, load
from casework.model.rules.acts import Act, ActKind, Actor

from .walks import Walk


def walk_to_end(code, seed, steps):
    case_type = load(code)
    walk = Walk(case_type, min(case_type.nations), seed)
    walk.wander(steps)
    reached = walk.go_to_end()
    assert reached, "\n".join(walk.log[-40:])
    assert walk.state.result in case_type.results
    return walk


@pytest.mark.parametrize("code", list_codes())
def test_a_walk_comes_to_an_end_with_a_result(code):
    walk_to_end(code, 1, 12)


@pytest.mark.long
@pytest.mark.parametrize("code", list_codes())
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), steps=st.integers(0, 60))
def test_from_wherever_a_case_comes_to_there_is_a_way_to_an_end(code, seed, steps):
    walk_to_end(code, seed, steps)


def test_an_extension_without_its_day_is_refused_and_not_an_error():
    walk = Walk(load("planning-application"), "england", 1)
    for _ in range(1000):
        walk.wander(1)
        if walk.state.state == "valid":
            break
    walk.state.fields.pop("agreed_until", None)
    before = walk.state
    by = Actor("ann", frozenset(walk.case_type.roles))
    assert not walk.apply(Act(ActKind.ACTION, "agree_extension", walk.now, by))
    assert (before.state, walk.state) == ("valid", before)
