"""Regular expressions compared as the sets of texts they accept."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dev.contracts.breaking.patterns import width, within

SLUG = "^[a-z][a-z0-9-]{1,%d}[a-z0-9]$"
atoms = st.sampled_from(["a", "b", "[ab]", "[^a]", ".", "(a|bc)", "(?:ab)?", r"\d", "a+", "b*", "[a-c]{1,2}"])
bodies = st.lists(atoms, min_size=1, max_size=3).map("".join)
expressions = st.builds(
    lambda start, body, end: start + body + end,
    st.sampled_from(["^", ""]),
    bodies,
    st.sampled_from(["$", ""]),
)
TEXTS = ["", *"abcd1 ", *(one + two for one in "abc1" for two in "abc1"), "abc", "bca", "aab", "abcabc", "é"]


@pytest.mark.parametrize(
    ("sub", "sup", "expected"),
    [
        ("^[a-z]{2,3}$", "^[a-zA-Z]{2,4}$", True),
        ("^[a-zA-Z]{2,4}$", "^[a-z]{2,3}$", False),
        (SLUG % 38, SLUG % 60, True),
        (SLUG % 60, SLUG % 38, False),
        ("abc", "^abc$", False),
        ("^abc$", "abc", True),
        ("^a|b$", "^(a|b)$", False),
        ("^(a|b)$", "^a|b$", True),
        (r"^\d{4}$", "^[0-9]{4}$", True),
        ("", "^a*$", False),
        ("^a*$", "", True),
        ("^[0-7][0-9a-hjkmnp-tv-z]{25}$", "^[0-9a-z]{26}$", True),
        ("^.{1,500}$", "^.{1,501}$", True),
        (r"^a\$$", r"^a[$]$", True),
    ],
)
def test_inclusion_is_decided(sub, sup, expected):
    assert within(sub, sup) is expected


@pytest.mark.parametrize(
    "pattern",
    ["^(?!x)a$", r"^(a)\1$", r"^\p{L}$", "(?i)^a$", "^a{1,5000}$", "^(^a)b$", "(", "^(?i:a)b$", "^a++$"],
)
def test_what_cannot_be_read_is_not_known(pattern):
    assert within(pattern, "^a$") is None
    assert within("^a$", pattern) is None
    assert within(pattern, pattern) is True


def test_long_patterns_are_decided_at_once():
    began = time.perf_counter()
    assert within("^.{1,2000}$", "^.*$") is True
    assert within(SLUG % 200, SLUG % 199) is False
    assert time.perf_counter() - began < 2


@settings(max_examples=150, deadline=None)
@given(expressions, expressions)
def test_inclusion_agrees_with_texts(sub, sup):
    verdict = within(sub, sup)
    only = [text for text in TEXTS if re.search(sub, text) and not re.search(sup, text)]
    assert verdict is not None
    assert not (verdict and only)


def test_the_width_of_a_whole_pattern_is_known():
    assert width("^[A-Z]{1,2}[0-9]$") == (2, 3)
    assert width("[A-Z]{1,2}[0-9]$") is None
    assert width("^a|b$") is None
    assert width("(") is None
