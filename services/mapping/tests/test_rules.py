"""Rules of mapping."""

from hypothesis import given
from hypothesis import strategies as st

from mapping.rules import Placement, latest

placements = st.builds(
    Placement,
    council=st.sampled_from(["citytown", "hillshire"]),
    uprn=st.integers(1, 4),
    easting=st.just(1.0),
    northing=st.just(2.0),
    sequence=st.integers(1, 9),
)


@given(st.lists(placements, max_size=30))
def test_each_property_is_placed_once_and_by_its_highest_version(given_placements):
    kept = latest(given_placements)
    highest = {}
    for one in given_placements:
        key = one.council, one.uprn
        highest[key] = max(highest.get(key, 0), one.sequence)
    assert {(one.council, one.uprn): one.sequence for one in kept} == highest
    assert len(kept) == len(highest)


def test_of_two_with_the_same_version_the_first_stays():
    first, second = (Placement("citytown", 1, float(e), 0.0, 1) for e in (1, 2))
    assert latest([first, second]) == [first]
