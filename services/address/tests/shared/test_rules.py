"""Numbers and names of buildings, postcodes, search words, filters, rows, the life of a property."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from address.gazetteer_files.rules import csv_rows
from address.places.rules import filters, postcode_search, search_text
from address.shared import codes, lifecycle
from address.shared.numbering import AddressableObject, format_object, parse_building, parse_unit
from services.address.tests.samples import row

WORD = st.text(string.ascii_uppercase, min_size=1, max_size=8)
NUMBER = st.integers(1, 9999)
SUFFIX = st.one_of(st.none(), st.sampled_from(string.ascii_uppercase))


@pytest.mark.parametrize(
    ("written", "read"),
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
def test_a_part_of_a_building_comes_apart_into_text_and_number(written, read):
    assert parse_unit(written) == read


@given(st.text(max_size=30).map(lambda text: " ".join(text.split())))
def test_a_part_of_a_building_is_shown_as_it_was_written(written):
    assert format_object(parse_unit(written or None)) == (written or None)


@given(st.lists(WORD, max_size=3), NUMBER, SUFFIX)
def test_a_number_at_the_end_is_always_found(names, number, suffix):
    written = " ".join([*names, f"{number}{suffix or ''}"])
    assert parse_unit(written) == AddressableObject(" ".join(names) or None, number, suffix)


@given(NUMBER, SUFFIX, NUMBER, SUFFIX)
def test_a_range_of_numbers_is_read_only_forwards(start, suffix, end, end_suffix):
    written = f"{start}{suffix or ''}-{end}{end_suffix or ''}"
    if end < start:
        with pytest.raises(ValueError, match="backwards"):
            parse_building(None, written)
    else:
        assert parse_building("THE MILL", written) == AddressableObject(
            "THE MILL", start, suffix, end, end_suffix
        )
        assert parse_building(None, written).number == written


@pytest.mark.parametrize("number", ["", "A", "12AB", "10000", "-3", "1.5", "012", "1 A", "ONE", "12-", "²"])
def test_what_is_no_building_number_is_refused(number):
    with pytest.raises(ValueError, match="building number such as"):
        parse_building(None, number)


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
    found = postcode_search.parse_postcode(typed)
    assert found.whole is None
    assert [low for low, _ in found.ranges] == beginnings


@pytest.mark.parametrize(
    "typed", ["", "X", "SO", "AB1CDE", "5WF12LZ", "ABC123", "sausage", "BA1 1L J2", "BA1%", "\x00", "B" * 99]
)
def test_what_no_postcode_begins_with_is_refused(typed):
    with pytest.raises(ValueError, match="postcode"):
        postcode_search.parse_postcode(typed)


@given(st.text(max_size=20))
def test_a_postcode_search_never_fails_in_another_way(typed):
    try:
        found = postcode_search.parse_postcode(typed)
    except ValueError:
        return
    assert found.ranges
    assert all(low < high for low, high in found.ranges)


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
    found = search_text.parse_search(typed)
    assert (found.names, found.units) == (names, units)


def test_a_postcode_among_the_words_is_taken_out():
    found = search_text.parse_search("2 york street ba1 1lj")
    assert found.postcode is not None
    assert found.postcode.whole == "BA1 1LJ"
    assert (found.names, found.units, found.typing) == (("YORK", "STREET"), ("2",), None)


def test_a_uprn_is_recognised():
    assert search_text.parse_search("907900112339").uprn == 907900112339


def test_the_last_word_is_unfinished_until_a_space_follows():
    assert search_text.parse_search("york str").typing == "STR"
    assert search_text.parse_search("york street ").typing is None


@given(st.text(max_size=300))
def test_any_text_gives_a_bounded_number_of_bounded_plain_words(typed):
    found = search_text.parse_search(typed)
    assert len(found.words) <= search_text.MAX_WORDS
    for word in (*found.names, *found.units):
        assert word.isascii()
        assert word.isalnum()
        assert len(word) <= search_text.MAX_WORD_LENGTH


def test_filters_of_one_field_widen_and_filters_apart_narrow():
    found = filters.parse_filters(
        ["classification_code:RD* CLASSIFICATION_CODE:PP", "logical_status_code:1 6", "LOGICAL_STATUS_CODE:1"]
    )
    assert found == filters.Filters(classes=("RD%", "PP"), statuses=(1,))


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("RD*", "RD04", ("RD04",)),
        ("RD04", "R*", ("RD04",)),
        ("RD*", "C*", ()),
        ("*", "CR08", ("CR08",)),
        ("RD04", "RD04", ("RD04",)),
    ],
)
def test_two_classification_filters_leave_what_passes_both(one, other, both):
    given_ = [f"CLASSIFICATION_CODE:{one}", f"CLASSIFICATION_CODE:{other}"]
    assert filters.parse_filters(given_).classes == both


@pytest.mark.parametrize(
    "fq",
    ["", "RD04", "FOO:1", "CLASSIFICATION_CODE:", "CLASSIFICATION_CODE:R%", "LOGICAL_STATUS_CODE:9",
     "LOGICAL_STATUS_CODE:1 COUNTRY_CODE:E", "COUNTRY_CODE:' OR 1=1", "CLASSIFICATION_CODE:" + "RD " * 60],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_refused(fq):
    with pytest.raises(ValueError, match=r"must name one field|cannot be filtered|is no |is the most"):
        filters.parse_filters([fq])


@given(st.lists(st.text(max_size=60), max_size=4))
def test_filters_never_fail_in_another_way(given_):
    try:
        filters.parse_filters(given_)
    except ValueError:
        return


def test_a_good_row_is_staged_as_copy_text():
    line, rejects = csv_rows.stage_row(7, list(row(1, subname="FLAT 2", number="12A", name="A\\B").values()))
    assert rejects == []
    fields = dict(zip(csv_rows.STAGED, line.rstrip("\n").split("\t")[1:], strict=True))
    assert line.startswith("7\t1\t")
    assert fields["sao_text"] == "FLAT"
    assert (fields["sao_start_number"], fields["pao_start_number"]) == ("2", "12")
    assert fields["pao_start_suffix"] == "A"
    assert fields["pao_text"] == "A\\\\B"
    assert fields["organisation"] == csv_rows.NULL


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("uprn", "0"), ("uprn", "1000000000000"), ("uprn", "1.5"), ("uprn", "-1"), ("uprn", ""),
        ("uprn", "\u0661"),
        ("parentuprn", "x"), ("usrn", "100000000"), ("usrn", ""), ("postcode", "BA1"), ("postcode", ""),
        ("postcode", "BA1 1LJ9"), ("easting", "700000.01"), ("easting", "-1"), ("easting", "nan"),
        ("easting", "1e5"), ("northing", "1300000.5"), ("northing", "inf"), ("northing", ""),
        ("organisationname", "X" * 101), ("name", "X" * 91), ("subname", "X" * 91), ("streetname", ""),
        ("streetname", "X" * 101), ("locality", "X" * 61), ("townname", "X" * 61), ("number", "X"),
        ("name", "A\x00B"), ("subname", "A\tB"), ("locality", "A\u2028B"), ("classificationcode", "rd4"),
        ("classificationcode", ""),
    ],
)  # fmt: skip
def test_a_hostile_value_is_rejected_with_its_line_and_column(column, value):
    text, rejects = csv_rows.stage_row(42, list(row(1, **{column: value}).values()))
    assert text == ""
    assert [(one.line, one.column) for one in rejects] == [(42, column)]
    assert rejects[0].reason


def test_every_fault_of_a_row_is_told():
    _, rejects = csv_rows.stage_row(3, list(row(1, uprn="", postcode="X", easting="?").values()))
    assert [one.column for one in rejects] == ["uprn", "postcode", "easting"]


def test_a_row_with_too_few_columns_is_rejected():
    _, rejects = csv_rows.stage_row(3, ["1", "2"])
    assert "14 are wanted" in rejects[0].reason


def test_a_rejected_value_cannot_act_in_a_spreadsheet():
    _, rejects = csv_rows.stage_row(3, list(row(1, uprn="=HYPERLINK(1)").values()))
    assert rejects[0].value.startswith("'=")


@given(st.lists(st.text(max_size=40), min_size=14, max_size=14))
def test_any_row_is_staged_on_one_line_or_rejected(values):
    text, rejects = csv_rows.stage_row(1, values)
    assert bool(text) != bool(rejects)
    if text:
        assert text.count("\n") == 1
        assert text.count("\t") == len(csv_rows.STAGED)


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
