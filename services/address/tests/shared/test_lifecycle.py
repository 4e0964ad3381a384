"""The rules of a property's life and of numbering a street, without a database."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from address.changes import rules as feed
from address.developments import rules as allocation
from address.developments.rules import Building, Plot
from address.shared import lifecycle
from address.streets.rules import undo_changes

STATUSES = st.sampled_from([1, 6, 8])


@given(st.lists(STATUSES, max_size=12), st.sampled_from([1, 6]))
def test_no_order_of_changes_brings_a_property_back_from_historic(wanted, status):
    lived = [status]
    for then in wanted:
        if lifecycle.can_become(status, then):
            status = then
            lived.append(status)
    rank = {6: 0, 1: 1, 8: 2}
    assert [rank[one] for one in lived] == sorted(rank[one] for one in lived)


@given(STATUSES, st.sampled_from([1, 3, 6, 8]))
def test_an_address_never_outlives_its_property_nor_comes_back_with_it(status, address):
    after = lifecycle.address_statuses_after(status).get(address, address)
    assert after == 8 or status != 8
    assert address != 8 or after == 8
    assert after == address or lifecycle.can_become(address if address != 3 else 1, after)


def test_nothing_that_stands_lies_within_what_is_historic():
    assert lifecycle.parent_status_fault(1, 8)
    assert lifecycle.parent_status_fault(6, 8)
    assert lifecycle.parent_status_fault(8, 8) is None
    assert lifecycle.parent_status_fault(1, 6) is None


@pytest.mark.parametrize(
    ("language", "status", "of_property", "others", "possible"),
    [
        ("ENG", 3, 1, [("ENG", 1)], True),
        ("CYM", 1, 1, [("ENG", 1)], True),
        ("CYM", 6, 6, [("ENG", 6)], True),
        ("CYM", 1, 6, [("ENG", 6)], False),
        ("ENG", 1, 1, [("ENG", 1)], False),
        ("CYM", 1, 1, [("ENG", 1), ("CYM", 1)], False),
        ("CYM", 1, 1, [("ENG", 1), ("CYM", 8)], True),
        ("ENG", 3, 8, [("ENG", 8)], False),
    ],
)
def test_a_property_has_one_address_of_its_own_in_each_language(
    language, status, of_property, others, possible
):
    assert (lifecycle.name_fault(language, status, of_property, others) == "") is possible


@pytest.mark.parametrize(
    ("side", "first", "count", "skip", "numbers"),
    [
        ("odd", 1, 4, [], [1, 3, 5, 7]),
        ("even", 2, 4, [4], [2, 6, 8, 10]),
        ("consecutive", 11, 4, [13], [11, 12, 14, 15]),
        ("odd", 11, 3, [13, 15], [11, 17, 19]),
        ("consecutive", 0, 2, [], [0, 1]),
    ],
)
def test_a_scheme_numbers_its_side_and_leaves_out_what_it_should(side, first, count, skip, numbers):
    assert allocation.number_by_scheme(side, first, count, skip) == numbers


@pytest.mark.parametrize(("side", "first", "count"), [("odd", 2, 1), ("even", 1, 1), ("odd", 9999, 2)])
def test_a_scheme_that_cannot_be_is_refused(side, first, count):
    with pytest.raises(ValueError, match=str(first)):
        allocation.number_by_scheme(side, first, count, [])


@given(
    st.sampled_from(["odd", "even", "consecutive"]),
    st.integers(0, 2000),
    st.integers(1, 200),
    st.sets(st.integers(0, 3000), max_size=50),
)
def test_a_scheme_gives_each_number_once_in_order_on_its_side(side, first, count, skip):
    try:
        numbers = allocation.number_by_scheme(side, first, count, skip)
    except ValueError:
        assert side != "consecutive"
        assert first % 2 == (0 if side == "odd" else 1)
        return
    assert len(numbers) == count
    assert numbers == sorted(set(numbers))
    assert not set(numbers) & skip
    assert side == "consecutive" or {number % 2 for number in numbers} == {first % 2}


@pytest.mark.parametrize(
    ("wanted", "there", "faults"),
    [
        (["12"], ["13"], []),
        (["12"], ["12"], ["12"]),
        (["12"], ["12A"], []),
        (["12A"], ["12a"], ["12A"]),
        (["9"], ["7-9"], ["9"]),
        (["8"], ["7-9"], []),
        (["8"], ["7-10"], ["8"]),
        (["7-9"], ["8"], []),
        (["7-9"], ["9"], ["7-9"]),
        (["1", "1"], [], ["1"]),
        (["5-7", "7"], [], ["7"]),
    ],
)
def test_a_number_is_given_once_on_a_street(wanted, there, faults):
    known = [Building(number, None) for number in there]
    assert allocation.find_taken([Building(number, None) for number in wanted], known) == faults


def test_a_name_is_given_once_on_a_street_however_it_is_written():
    there = [Building(None, "Mill  House"), Building("odd number", None)]
    assert allocation.find_taken([Building(None, "MILL HOUSE"), Building(None, "THE FORGE")], there) == [
        "MILL HOUSE"
    ]


def test_plots_are_told_apart():
    assert allocation.plots_fault([Plot("1", "1"), Plot("2", "2", flats=("A", "B"))]) == ""
    assert "twice" in allocation.plots_fault([Plot("a", "1"), Plot("A", "2")])
    assert "flat" in allocation.plots_fault([Plot("a", "1", flats=("Flat 1", "FLAT  1"))])
    many = [Plot(str(n), str(n), flats=tuple(map(str, range(500)))) for n in range(10)]
    assert "more than" in allocation.plots_fault(many)


VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=3))


@given(
    st.dictionaries(st.sampled_from("abc"), VALUES, min_size=3, max_size=3),
    st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), max_size=6),
)
def test_undoing_every_change_gives_back_what_was_at_first(first, edits):
    now, made = dict(first), []
    for edit in edits:
        made.append({name: [now[name], value] for name, value in edit.items()})
        now |= edit
    assert undo_changes(now, reversed(made)) == first
    assert undo_changes(now, []) == now


@given(st.integers(0, 10**18 - 1), st.integers(0, 10**18 - 1))
def test_a_cursor_is_read_as_it_was_shown(xact, position):
    shown = feed.Cursor(xact, position).encode()
    assert feed.decode(shown) == feed.Cursor(xact, position)
    assert len(shown) <= feed.MAX_LENGTH


@pytest.mark.parametrize(
    "text", ["", "x", "MS4x", "é", "=" * 9, "MS4xLi0x", "Mi4xLjE", "\x00", "1.1.1", "MS4xLjE\n"]
)
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(ValueError, match="cursor of this feed"):
        feed.decode(text)


@given(st.one_of(st.text(max_size=80), st.text(string.ascii_letters + string.digits + "-_=", max_size=80)))
def test_a_text_is_either_a_cursor_or_refused(text):
    try:
        found = feed.decode(text)
    except ValueError:
        return
    assert feed.decode(found.encode()) == found
