import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.files.rules import positions, texts
from mapping.files.rules.formats import Format, Packing, find_member, tell_format, tell_packing
from mapping.files.rules.limits import FileRefusedError
from mapping.files.rules.positions import PositionKind, find_columns, parse_coordinate
from mapping.files.rules.reference_systems import decide

finite = st.floats(min_value=-1e7, max_value=1e7, allow_nan=False)


@given(finite)
def test_a_coordinate_is_read_as_it_was_written(number):
    for text in (f"{number:.3f}", f" {number:,.3f} ", f"{number:+.3f}m"):
        assert parse_coordinate(text) == pytest.approx(number, abs=0.000501)


@given(st.text(max_size=50))
def test_any_text_is_a_finite_number_or_none_or_refused(text):
    try:
        number = parse_coordinate(text)
    except ValueError:
        return
    assert number is None or math.isfinite(number)


@pytest.mark.parametrize(
    "text", ["nan", "inf", "1,2", "1,2345", "12 34", "0x10", "1_000", "--1", "abc", "1e999"]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="is no number"):
        parse_coordinate(text)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["ref", "GEO_EASTING", "Geo Northing"], (PositionKind.NATIONAL_GRID, 1, 2)),
        (["Lat", "Lng"], (PositionKind.DEGREES, 1, 0)),
        (["X", "Y", "easting", "northing"], (PositionKind.NATIONAL_GRID, 2, 3)),
        (["x", "y", "geometry"], (PositionKind.WKT, 2, None)),
        (["x", "NGR"], (PositionKind.GRID_REFERENCE, 1, None)),
        (["x", "lat"], (PositionKind.NONE, -1, None)),
    ],
)
def test_columns_with_places_are_told(header, expected):
    columns = find_columns(header)
    assert (columns.kind, columns.first, columns.second) == expected


@given(st.text(max_size=200), st.integers(1, 7))
def test_utf_8_is_told_wherever_it_is_cut(text, size):
    content = text.encode()
    chunks = [content[start : start + size] for start in range(0, len(content), size)]
    assert texts.tell_encoding(chunks) == "utf-8"


def test_windows_letters_are_told():
    assert texts.tell_encoding(["St John\u2019s".encode("cp1252")]) == "cp1252"
    assert texts.tell_encoding([b"caf", b"\xe9"]) == "cp1252"
    assert texts.tell_encoding([b"\x81\x8d"]) == "latin-1"
    assert texts.redecode("Tŷ".encode().decode("latin-1"), "utf-8") == "Tŷ"


def test_texts_lose_what_cannot_be_kept():
    assert texts.clean_text(" a\x00b\u0085\ud800c\n ") == "abc"


@pytest.mark.parametrize(
    ("name", "sample"),
    [
        ("a.geojson", b'<OGRVRTDataSource><OGRVRTLayer name="passwd"/>'),
        ("a.gpkg", b'{"type": "FeatureCollection"}'),
        ("a.csv", b"SQLite format 3\x00" + b"\x00" * 100),
        ("a.csv", b'{"a": 1}'),
        ("a.json", b"name,easting\n"),
        ("a.csv", b"<kml>"),
        ("a.kml", b"<kml>"),
        ("a.shp", b"\x00\x00\x27\x0a"),
        ("a", b"name,easting\n"),
        ("a.csv", b"  \n"),
    ],
)
def test_a_name_and_content_that_differ_are_refused(name, sample):
    with pytest.raises(FileRefusedError) as refused:
        tell_format(sample, name)
    assert refused.value.code in {"not-what-it-is-called", "unknown-format", "parts-missing", "empty-file"}


def test_packing_is_told_by_content():
    assert tell_packing(b"PK\x03\x04...", "a.ZIP") is Packing.ZIP
    assert tell_packing(b"\x1f\x8b...", "a.geojson.gz") is Packing.GZIP
    assert tell_packing(b"{}", "a.json") is Packing.NONE
    for sample, name in ((b"PK\x03\x04", "a.gpkg"), (b"{}", "a.zip")):
        with pytest.raises(FileRefusedError):
            tell_packing(sample, name)


def test_what_a_zip_holds_is_found():
    assert find_member(["x/a.shp", "x/a.dbf", "readme.txt"]) == (Format.SHAPEFILE, "x/a.shp")
    assert find_member(["x/a.gdb/a1.gdbtable", "x/a.gdb/gdb"]) == (Format.GEODATABASE, "x/a.gdb")
    assert find_member(["a.csv", "licence.txt"]) == (Format.CSV, "a.csv")
    for names in (["a.pdf"], ["a.shp", "b.shp"], ["readme.txt"]):
        with pytest.raises(FileRefusedError):
            find_member(names)


def test_coordinates_are_decided():
    bath, grid = (-2.4, 51.3, -2.3, 51.4), (375000.0, 164000.0, 376000.0, 165000.0)
    assert decide(None, None, bath).srid == 84
    assert decide(None, None, bath).guess
    assert decide(None, None, grid).srid == 27700
    assert decide(None, None, grid).guess
    assert decide(27700, None, bath).guess is None
    assert decide(4326, 27700, grid).srid == 27700
    assert decide(4258, None, bath).srid == 84
    assert decide(4326, None, (51.3, -2.4, 51.4, -2.3)).flipped
    for declared, bounds in ((4326, grid), (29902, grid), (0, grid), (None, (-5e6, 0.0, 5e6, 9e9))):
        with pytest.raises(FileRefusedError):
            decide(declared, None, bounds)


def test_numbers_of_columns_are_their_own():
    assert positions.PositionColumns(PositionKind.NONE).second is None
