"""Shapes as lines of text."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mapping.office.rules.outlines import MOST_DRAWN, OutlineError, locate_lines, read_outline, write_outline
from mapping.shared.coordinates import Crs

SQUARE = "375000, 164000\n375100, 164000\n375100, 164100\n375000, 164100"
HOLE = "375040, 164040\n375060, 164040\n375060, 164060"


def test_an_area_with_a_hole_and_a_second_part_is_written_and_read_again():
    text = f"{SQUARE}\nhole\n{HOLE}\n\n376000, 164000\n376100, 164000\n376100, 164100"
    shape = read_outline(text, "Polygon")
    assert shape.geom_type == "MultiPolygon"
    assert shape.area == pytest.approx(10_000 - 200 + 5_000)
    assert write_outline(shape, Crs.BNG) == text


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("375000, 164000", "Point", "POINT (375000 164000)"),
        ("375000, 164000\n375010, 164000", "Point", "MULTIPOINT ((375000 164000), (375010 164000))"),
        ("375000, 164000\n\n375010.5 164000", "LineString", None),
        ("375000, 164000\n375010.5 164000", "LineString", "LINESTRING (375000 164000, 375010.5 164000)"),
        ("375000, 164000\n375010, 164000", "Polygon", None),
        ("hole\n375000, 164000", "Polygon", None),
        (f"{SQUARE}\nhole", "Polygon", None),
        ("somewhere", "Point", None),
        ("9\n" * 200_000, "Point", None),
    ],
)
def test_a_text_is_a_shape_or_says_which_line_is_wrong(text, kind, expected):
    if expected is None:
        with pytest.raises(OutlineError, match=r"Line \d+:|needs|too many"):
            read_outline(text, kind)
    else:
        assert shapely.to_wkt(read_outline(text, kind), trim=True) == expected


def test_no_text_is_no_place():
    assert read_outline(" \n\n", "Polygon") is None
    assert write_outline(None, Crs.BNG) == ""


@given(
    st.lists(st.tuples(st.integers(100_000, 600_000), st.integers(100_000, 900_000)), min_size=2, unique=True)
)
def test_every_line_is_read_as_it_was_written(points):
    line = shapely.LineString([(east / 1, north / 1) for east, north in points])
    assert read_outline(write_outline(line, Crs.BNG), "LineString").equals(line)


def test_each_line_of_a_text_has_a_place_on_the_map_or_none():
    text = "375000, 164000\n\nhole\nST 750 640\n51.3750000, -2.3600000\nby the church"
    first, *rest = locate_lines(text)
    assert first == pytest.approx((-2.3605, 51.3744), abs=1e-3)
    assert [place is not None for place in rest] == [False, False, True, True, False]
    assert rest[3] == (-2.36, 51.375)
    assert locate_lines("") == []
    assert locate_lines("375000, 164000\n" * (MOST_DRAWN + 1)) is None
