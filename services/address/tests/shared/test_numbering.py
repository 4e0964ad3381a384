"""Codes, statuses, and numbers of buildings."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from address.shared import codes, lifecycle
from address.shared.numbering import AddressableObject, format_object, parse_building, parse_unit

WORD = st.text(string.ascii_uppercase, min_size=1, max_size=8)


NUMBER = st.integers(1, 9999)


SUFFIX = st.one_of(st.none(), st.sampled_from(string.ascii_uppercase))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FLAT 2", AddressableObject("FLAT", 2)),
        ("FLAT 2A", AddressableObject("FLAT", 2, "A")),
        ("2A", AddressableObject(None, 2, "A")),
        ("UNITS 3-5", AddressableObject("UNITS", 3, None, 5)),
        ("FLAT A", AddressableObject("FLAT A")),
        ("TOP FLOOR FLAT", AddressableObject("TOP FLOOR FLAT")),
        ("12/3", AddressableObject("12/3")),
        ("FLAT 02", AddressableObject("FLAT 02")),
        ("FLAT 12345", AddressableObject("FLAT 12345")),
        ("UNITS 5-3", AddressableObject("UNITS 5-3")),
        (None, AddressableObject()),
    ],
)
def test_a_part_of_a_building_comes_apart_into_text_and_number(text, expected):
    assert parse_unit(text) == expected


@given(st.text(max_size=30).map(lambda text: " ".join(text.split())))
def test_a_part_of_a_building_is_shown_as_it_was_written(part):
    assert format_object(parse_unit(part or None)) == (part or None)


@given(st.lists(WORD, max_size=3), NUMBER, SUFFIX)
def test_a_number_at_the_end_is_always_found(names, number, suffix):
    text = " ".join([*names, f"{number}{suffix or ''}"])
    assert parse_unit(text) == AddressableObject(" ".join(names) or None, number, suffix)


@given(NUMBER, SUFFIX, NUMBER, SUFFIX)
def test_a_range_of_numbers_is_read_only_forwards(start, suffix, end, end_suffix):
    text = f"{start}{suffix or ''}-{end}{end_suffix or ''}"
    if end < start:
        with pytest.raises(ValueError, match="backwards"):
            parse_building(None, text)
    else:
        assert parse_building("THE MILL", text) == AddressableObject(
            "THE MILL", start, suffix, end, end_suffix
        )
        assert parse_building(None, text).number == text


@pytest.mark.parametrize("number", ["", "A", "12AB", "10000", "-3", "1.5", "012", "1 A", "ONE", "12-", "²"])
def test_what_is_no_building_number_is_refused(number):
    with pytest.raises(ValueError, match="building number such as"):
        parse_building(None, number)


@pytest.mark.parametrize(
    ("now", "then", "possible"),
    [(6, 1, True), (6, 8, True), (1, 8, True), (1, 6, False), (8, 1, False), (8, 6, False), (8, 8, True)],
)
def test_a_property_never_comes_back_from_historic(now, then, possible):
    assert lifecycle.can_become(now, then) is possible


def test_a_chain_of_parents_is_checked():
    assert lifecycle.parent_chain_fault(5, [4, 3]) is None
    assert lifecycle.parent_chain_fault(5, []) == "is not in the gazetteer"
    assert "itself" in (lifecycle.parent_chain_fault(5, [4, 5]) or "")
    assert "deep" in (lifecycle.parent_chain_fault(5, [*range(10, 30)]) or "")


@given(st.integers(1, 99), st.lists(st.integers(1, 99), min_size=1, max_size=8))
def test_a_short_chain_without_the_property_is_good(uprn, above):
    assume(uprn not in above)
    assert lifecycle.parent_chain_fault(uprn, above) is None


def test_the_country_comes_from_the_gss_code():
    assert [codes.country_of(gss) for gss in ("E06000022", "S12000030", "W06000015", "X1", "")] == [
        "E", "S", "W", None, None,
    ]  # fmt: skip
