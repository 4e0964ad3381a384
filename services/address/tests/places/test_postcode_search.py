"""Postcodes as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from address.places.rules import postcode_search


@pytest.mark.parametrize("typed", ["BA1 1LJ", "ba11lj", " ba1  1lj ", "BA11LJ"])
def test_a_whole_postcode_is_recognised_however_it_is_typed(typed):
    assert postcode_search.parse_postcode(typed).whole == "BA1 1LJ"


@pytest.mark.parametrize(
    ("typed", "beginnings"),
    [
        ("SO1", ["SO1"]),
        ("BA1 1", ["BA1 1"]),
        ("ba1 1l", ["BA1 1L"]),
        ("BA11", ["BA1 1", "BA11"]),
        ("BA111", ["BA11 1"]),
        ("W1A", ["W1A"]),
        ("W1A0", ["W1A 0"]),
    ],
)
def test_the_beginning_of_a_postcode_gives_the_ranges_it_may_be_in(typed, beginnings):
    search = postcode_search.parse_postcode(typed)
    assert search.whole is None
    assert [low for low, _ in search.ranges] == beginnings


@pytest.mark.parametrize(
    "typed", ["", "X", "SO", "AB1CDE", "5WF12LZ", "ABC123", "sausage", "BA1 1L J2", "BA1%", "\x00", "B" * 99]
)
def test_what_no_postcode_begins_with_is_refused(typed):
    with pytest.raises(ValueError, match="postcode"):
        postcode_search.parse_postcode(typed)


@given(st.text(max_size=20))
def test_a_postcode_search_never_fails_in_another_way(typed):
    try:
        search = postcode_search.parse_postcode(typed)
    except ValueError:
        return
    assert search.ranges
    assert all(low < high for low, high in search.ranges)
