"""The text of a search, parsed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from address.places.rules import search_text


@pytest.mark.parametrize(
    ("typed", "names", "units"),
    [
        ("97 york street", ("YORK", "STREET"), ("97",)),
        ("flat 2 acacia", ("ACACIA",), ("FLAT", "2")),
        ("12 y", ("Y",), ("12",)),
        ("acacia fla", ("ACACIA",), ("FLA",)),
        ("fla", ("FLA",), ()),
        ("St John's Rd ", ("ST", "JOHNS", "ROAD"), ()),
        ("2a top lane", ("LANE",), ("2A", "TOP")),
        ("unit b1 york", ("YORK",), ("UNIT", "B1")),
        ("heol ŷsgubor", ("HEOL", "YSGUBOR"), ()),
        ("%_'; DROP TABLE place --", ("DROP", "TABLE", "PLACE"), ()),
        ("\U0001f3e0\x00", (), ()),
    ],
)
def test_typed_text_comes_apart_into_names_and_units(typed, names, units):
    search = search_text.parse_search(typed)
    assert (search.names, search.units) == (names, units)


def test_a_postcode_among_the_words_is_taken_out():
    search = search_text.parse_search("2 york street ba1 1lj")
    assert search.postcode is not None
    assert search.postcode.whole == "BA1 1LJ"
    assert (search.names, search.units, search.typing) == (("YORK", "STREET"), ("2",), None)


def test_a_uprn_is_recognised():
    assert search_text.parse_search("907900112339").uprn == 907900112339


def test_the_last_word_is_unfinished_until_a_space_follows():
    assert search_text.parse_search("york str").typing == "STR"
    assert search_text.parse_search("york street ").typing is None


@given(st.text(max_size=300))
def test_any_text_gives_a_bounded_number_of_bounded_plain_words(typed):
    search = search_text.parse_search(typed)
    assert len(search.words) <= search_text.MAX_WORDS
    for word in (*search.names, *search.units):
        assert word.isascii()
        assert word.isalnum()
        assert len(word) <= search_text.MAX_WORD_LENGTH
