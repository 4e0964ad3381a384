"""Addresses and generations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.mapit.rules import paths
from mapping.mapit.rules.generations import make_generations
from mapping.mapit.rules.shortcuts import find_shortcuts
from mapping.mapit.rules.words import find_code_type

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("-2.5,51", (-2.5, 51.0)),
        ("+.5,-.25", (0.5, -0.25)),
        ("1e3,2", None),
        ("1,2,3", None),
        ("1.,2", None),
        ("nan,2", None),
        ("", None),
    ],
)
def test_a_pair_is_two_plain_numbers(text, pair):
    assert paths.parse_pair(text) == pair


@given(st.text(max_size=40))
def test_no_text_is_more_than_it_is(text):
    postcode = paths.parse_postcode(text)
    assert postcode is None or paths.parse_postcode(postcode) == postcode
    pair = paths.parse_pair(text)
    assert pair is None or all(abs(number) < 1e21 for number in pair)
    name, form = paths.split_form(text)
    assert text in (name, f"{name}.{form}")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("E05001935", "gss"),
        ("E01014370", "ons"),
        ("W02000001", "ons"),
        ("S13002811", "gss"),
        ("00HANP", None),
    ],
)
def test_codes_are_known_by_their_writing(code, kind):
    assert find_code_type(code) == kind


@given(st.lists(st.integers(0, 50_000), max_size=6), st.integers(0, 50_000), st.integers(1, 50_000))
def test_an_area_is_in_the_generations_that_it_was_valid_in(days, start, length):
    end = start + length
    moments = [day * DAY for day in [*days, start, end]]
    generations = make_generations(moments, now=60_000 * DAY)
    low, high = generations.bound(start * DAY, end * DAY)
    in_force = [
        number
        for number, moment in zip(generations.ids[1:], generations.moments, strict=True)
        if start * DAY <= moment < end * DAY
    ]
    assert (low, high) == (in_force[0], in_force[-1])
    assert generations.bound(-(2**63), 2**63 - 1) == (1, generations.ids[-1])


def test_of_two_tiers_the_shortcuts_are_of_each():
    areas = [
        {"id": 1, "type": "DIW", "parent_area": 2},
        {"id": 3, "type": "CED", "parent_area": 4},
        {"id": 5, "type": "WMC", "parent_area": None},
    ]
    assert find_shortcuts(areas) == {
        "ward": {"district": 1, "county": 3},
        "council": {"district": 2, "county": 4},
        "WMC": 5,
    }
    assert find_shortcuts([{"id": 1, "type": "CPC", "parent_area": None}]) == {}
