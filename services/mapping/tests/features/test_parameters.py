"""Reading of bbox, datetime, limit and Accept: strictly, and without a crash for any text."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.features.rules.parameters import (
    ALWAYS,
    MAX_LIMIT,
    NEVER,
    Box,
    ParameterError,
    Period,
    choose_form,
    read_bbox,
    read_crs,
    read_cursor,
    read_datetime,
    read_limit,
)
from mapping.features.rules.places import make_box, place
from mapping.filters.rules.nodes import FilterError
from mapping.shared.coordinates import Crs

LONGITUDES, LATITUDES = (st.integers(-most, most).map(lambda each: each / 100) for most in (18_000, 9_000))
DEGREES = st.tuples(LONGITUDES, LATITUDES, LONGITUDES, LATITUDES)
METRES = st.tuples(*[st.integers(-30_000_000, 30_000_000)] * 4)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(-62_000_000_000_000_000, 250_000_000_000_000_000).map(
    lambda microseconds: EPOCH + timedelta(microseconds=microseconds)
)


def microseconds(text):
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


@given(DEGREES, st.sampled_from(sorted(Crs, key=lambda crs: crs.srid)))
def test_every_box_is_read_in_the_order_of_its_axes_or_refused(numbers, crs):
    west, south, east, north = numbers
    ordered = (south, west, north, east) if crs.is_latitude_first else numbers
    text = ",".join(str(number) for number in ordered)
    if south > north or (crs in (Crs.BNG, Crs.WEB_MERCATOR) and west > east):
        with pytest.raises(ParameterError):
            read_bbox(text, crs)
    else:
        assert read_bbox(text, crs) == Box(*numbers, crs)


@given(st.text(max_size=40), st.sampled_from(sorted(Crs, key=lambda crs: crs.srid)))
def test_no_text_breaks_the_reading_of_a_box(text, crs):
    with suppress(ParameterError):
        read_bbox(text, crs)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1,2,3",
        "1,2,3,4,5",
        "1,2,3,4,5,6,7",
        "a,b,c,d",
        "1,2,3,",
        "NaN,1,2,3",
        "1,2,inf,4",
        "1,2,0x3,4",
        "1,5,2,4",
        "1,2,3,91",
        "-181,0,1,1",
        "1_0,2,3,4",
        "1;2;3;4",
        " 1,2,3,4",
        "1e400,2,3,4",
        "\u0663,4,5,6",
    ],
)
def test_bad_box_is_refused(text):
    with pytest.raises(ParameterError) as refused:
        read_bbox(text, Crs.CRS84)
    assert refused.value.name == "bbox"


def test_box_of_six_numbers_has_its_heights_left_out():
    assert read_bbox("1,2,-9999,3,4,9999", Crs.CRS84) == Box(1, 2, 3, 4, Crs.CRS84)


def test_box_over_the_antimeridian_has_two_parts():
    area = make_box(read_bbox("177,65,-177,70", Crs.CRS84), Crs.CRS84)
    assert area.intersects(shapely.Point(179, 67))
    assert area.intersects(shapely.Point(-179, 67))
    assert not area.intersects(shapely.Point(0, 67))
    assert make_box(read_bbox("177,65,-177,70", Crs.CRS84), Crs.BNG).is_empty


@settings(max_examples=40, deadline=None)
@given(DEGREES, st.sampled_from([Crs.CRS84, Crs.WGS84]))
def test_every_box_can_be_put_on_the_national_grid(numbers, crs):
    west, south, east, north = numbers
    area = make_box(Box(west, min(south, north), east, max(south, north), crs), Crs.BNG)
    assert area.is_empty or area.within(shapely.box(0, 0, 700_000, 1_300_000))


@settings(max_examples=40, deadline=None)
@given(METRES, st.sampled_from([Crs.BNG, Crs.WEB_MERCATOR]), st.sampled_from([Crs.BNG, Crs.CRS84]))
def test_every_box_of_metres_can_be_put_anywhere(numbers, crs, storage):
    west, east = sorted(numbers[::2])
    south, north = sorted(numbers[1::2])
    area = make_box(Box(west, south, east, north, crs), storage)
    limits = (
        shapely.box(-180, -90, 180, 90) if storage is Crs.CRS84 else shapely.box(0, 0, 700_000, 1_300_000)
    )
    assert area.is_empty or area.within(limits.buffer(1e-6))


def test_box_of_great_britain_has_all_of_it():
    area = make_box(read_bbox("-180,-90,180,90", Crs.CRS84), Crs.BNG)
    for east, north in ((9_587, 899_448), (655_000, 313_000), (180_000, 11_500), (450_000, 1_218_000)):
        assert area.contains(shapely.Point(east, north))


def test_box_finds_what_lies_on_its_edge_after_conversion():
    point = place(shapely.Point(-2.345678, 51.234567), Crs.CRS84, Crs.BNG)
    assert make_box(read_bbox("-2.345678,51.2,-2.3,51.234567", Crs.CRS84), Crs.BNG).intersects(point)


@pytest.mark.parametrize("wide", [0.01, 0.2, 4.0])
def test_box_finds_what_lies_on_its_bent_edges(wide):
    """A parallel is no straight line on the National Grid, nor a northing one in degrees."""
    box = make_box(Box(-2.5, 51.3, -2.5 + wide, 51.3 + wide, Crs.CRS84), Crs.BNG)
    shares = [number / 97 for number in range(98)]
    for part in shares:
        for lon, lat in ((-2.5 + part * wide, 51.3), (-2.5 + wide, 51.3 + part * wide)):
            assert box.intersects(place(shapely.Point(lon, lat), Crs.CRS84, Crs.BNG)), (lon, lat)
    metres = make_box(Box(375_000, 164_000, 375_000 + 70_000 * wide, 200_000, Crs.BNG), Crs.CRS84)
    for part in shares:
        point = shapely.Point(375_000 + part * 70_000 * wide, 164_000)
        assert metres.intersects(place(point, Crs.BNG, Crs.CRS84)), point


def test_geometry_off_the_globe_is_refused():
    with pytest.raises(FilterError, match="outside"):
        place(shapely.Point(51, 181), Crs.WGS84, Crs.BNG)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-04-01", "2026-04-01T00:00:00+00:00", "2026-04-01T23:59:59.999999+00:00"),
        ("2026-04-01T09:00:00Z", "2026-04-01T09:00:00+00:00", "2026-04-01T09:00:00+00:00"),
        ("2026-04-01t09:00:00.25+01:00", "2026-04-01T08:00:00.25+00:00", "2026-04-01T08:00:00.25+00:00"),
        ("2026-04-01/2026-04-03", "2026-04-01T00:00:00+00:00", "2026-04-03T23:59:59.999999+00:00"),
        ("2026-04-01/P2D", "2026-04-01T00:00:00+00:00", "2026-04-03T00:00:00+00:00"),
        ("2026-04-01T09:00:00Z/PT36H", "2026-04-01T09:00:00+00:00", "2026-04-02T21:00:00+00:00"),
    ],
)
def test_times_and_intervals(text, first, last):
    assert read_datetime(text) == Period(microseconds(first), microseconds(last))


def test_open_ends():
    start = microseconds("2026-04-01T00:00:00+00:00")
    assert read_datetime("2026-04-01/..") == read_datetime("2026-04-01/") == Period(start, NEVER)
    assert read_datetime("../2026-03-31").last == read_datetime("/2026-03-31").last == start - 1
    assert read_datetime("../2026-03-31").first == ALWAYS


@pytest.mark.parametrize(
    "text",
    [
        *("", "..", "../..", "/", "../", "2026", "2026-13-01", "2026-02-30", "1/2/3", "P2D", "../P2D"),
        *("2026-04-01T09:00:00", "2026-04-02/2026-04-01", "2026-04-01/P", "2026-04-01/PT", "20260401"),
        *("2026-04-01T25:00:00Z", "2026-04-01 09:00:00Z", "2026-W14-3", "2026-04-01T09:00:00+99:00"),
        "\u0662\u0660\u0662\u0666-04-01",
    ],
)
def test_bad_time_is_refused(text):
    with pytest.raises(ParameterError) as refused:
        read_datetime(text)
    assert refused.value.name == "datetime"


@given(MOMENTS, MOMENTS)
def test_interval_of_two_moments_is_read_or_is_the_wrong_way_round(first_moment, other):
    text = "/".join(moment.isoformat().replace("+00:00", "Z") for moment in (first_moment, other))
    if first_moment > other:
        with pytest.raises(ParameterError):
            read_datetime(text)
    else:
        period = read_datetime(text)
        assert EPOCH + timedelta(microseconds=period.first) == first_moment
        assert EPOCH + timedelta(microseconds=period.last) == other


@given(st.text(alphabet="0123456789-:./TZPDHMS+", max_size=50))
def test_no_text_breaks_the_reading_of_a_time(text):
    with suppress(ParameterError):
        period = read_datetime(text)
        assert period.first <= period.last


@pytest.mark.parametrize(
    ("text", "limit"), [("1", 1), ("10000", 10_000), ("10001", MAX_LIMIT), ("9" * 18, MAX_LIMIT)]
)
def test_limit_above_the_maximum_is_the_maximum(text, limit):
    assert read_limit(text) == limit


@pytest.mark.parametrize("text", ["0", "-1", "unlimited", "1.5", "", "9" * 19, "\u0661", "1 "])
def test_bad_limit_and_cursor_are_refused(text):
    with pytest.raises(ParameterError):
        read_limit(text)
    if text != "0":
        with pytest.raises(ParameterError):
            read_cursor(text)


def test_crs_is_compared_as_it_is_written():
    assert read_crs("crs", "http://www.opengis.net/def/crs/EPSG/0/27700") is Crs.BNG
    for text in ("EPSG:27700", "http://www.opengis.net/def/crs/epsg/0/27700", ""):
        with pytest.raises(ParameterError):
            read_crs("bbox-crs", text)


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("application/json", "json"),
        ("application/geo+json, application/json", "json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
        ("text/html;q=0.5, application/geo+json", "json"),
        ("text/*", "html"),
        ("application/*", "json"),
        ("image/png", None),
        ("text/html;q=0, image/png", None),
        ("application/json;q=x", None),
    ],
)
def test_form_by_accept(accept, form):
    assert choose_form(accept, ("application/geo+json",)) == form


@given(st.text(max_size=60))
def test_no_accept_header_breaks_the_choice(accept):
    assert choose_form(accept, ("application/geo+json",)) in ("json", "html", None)
