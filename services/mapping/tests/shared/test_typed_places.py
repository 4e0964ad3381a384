"""Places as people type them: Ordnance Survey's point TP08."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.shared.typed_places import from_grid, parse_place


@pytest.mark.parametrize(
    "text",
    [
        "362269.991, 169978.690",
        "362269.991 169978.690",
        "362,269.991, 169,978.690",
        "362,269.991 169,978.690",
        "ST 62269 69978",
        "st6226969978",
        "51.4275474, -2.5440762",
        "-2.5440762 51.4275474",
        "51.4275474N 2.5440762W",
        "2.5440762° W, 51.4275474° N",
        " 51.4275474;-2.5440762 ",
    ],
)
def test_every_way_of_typing_a_place_leads_to_it(text):
    place = parse_place(text)
    assert (place.easting, place.northing) == pytest.approx((362269.991, 169978.690), abs=1.5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "here",
        "12",
        "1, 2, 3",
        "48.85, 2.35",
        "900000, 164693",
        "375048, 1500000",
        "51.38, 10",
        "ST 7504 646",
        "x" * 500,
    ],
)
def test_what_is_no_place_of_great_britain_says_what_to_type(text):
    with pytest.raises(ValueError, match=r"Enter a place such as|outside Great Britain|check"):
        parse_place(text)


@given(st.text(max_size=100))
def test_no_text_is_another_error(text):
    with contextlib.suppress(ValueError):
        assert parse_place(text).grid_reference


def test_a_place_says_its_grid_reference_and_its_degrees():
    place = from_grid(362269.991, 169978.690)
    assert place.grid_reference == "ST 62269 69978"
    assert (place.latitude, place.longitude) == pytest.approx((51.4275474, -2.5440762), abs=1e-7)
