"""Numbers and names of plots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from address.developments import rules as allocation
from address.developments.rules import Building, Plot


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
    ("numbers", "existing", "faults"),
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
def test_a_number_is_given_once_on_a_street(numbers, existing, faults):
    buildings = [Building(number, None) for number in existing]
    assert allocation.find_taken([Building(number, None) for number in numbers], buildings) == faults


def test_a_name_is_given_once_on_a_street_however_it_is_written():
    buildings = [Building(None, "Mill  House"), Building("odd number", None)]
    assert allocation.find_taken([Building(None, "MILL HOUSE"), Building(None, "THE FORGE")], buildings) == [
        "MILL HOUSE"
    ]


def test_plots_are_told_apart():
    assert allocation.plots_fault([Plot("1", "1"), Plot("2", "2", flats=("A", "B"))]) == ""
    assert "twice" in allocation.plots_fault([Plot("a", "1"), Plot("A", "2")])
    assert "flat" in allocation.plots_fault([Plot("a", "1", flats=("Flat 1", "FLAT  1"))])
    many = [Plot(str(n), str(n), flats=tuple(map(str, range(500)))) for n in range(10)]
    assert "more than" in allocation.plots_fault(many)
