"""Rules of mapping."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mapping.points.rules import Placement, select_latest

PLACEMENTS = st.builds(
    Placement,
    council=st.sampled_from(["citytown", "hillshire"]),
    uprn=st.integers(1, 4),
    easting=st.just(1.0),
    northing=st.just(2.0),
    sequence=st.integers(1, 9),
)


@given(st.lists(PLACEMENTS, max_size=30))
def test_each_property_is_placed_once_and_by_its_highest_version(placements):
    selected = select_latest(placements)
    highest = {}
    for placement in placements:
        key = placement.council, placement.uprn
        highest[key] = max(highest.get(key, 0), placement.sequence)
    assert {(placement.council, placement.uprn): placement.sequence for placement in selected} == highest
    assert len(selected) == len(highest)


def test_of_two_with_the_same_version_the_first_stays():
    first, second = (Placement("citytown", 1, easting, 0.0, 1) for easting in (1.0, 2.0))
    assert select_latest([first, second]) == [first]


def test_events_before_a_snapshot_do_not_count_and_those_behind_it_do():
    before, snapshot, late, after = (
        Placement("citytown", 7, 1.0, 1.0, 9),
        Placement("citytown", 7, 2.0, 2.0, 4, snapshot=True),
        Placement("citytown", 7, 3.0, 3.0, 3),
        Placement("citytown", 7, 4.0, 4.0, 5),
    )
    assert select_latest([before, snapshot]) == [snapshot]
    assert select_latest([before, snapshot, late]) == [snapshot]
    assert select_latest([before, snapshot, after]) == [replace(after, snapshot=True)]
