"""Suppliers' answers as they may be: in the standard's own words, and in no shape at all."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.resident.tests.facts.test_rounds import CITYTOWN
from resident.facts.actions.look_ups import _FAILURES
from resident.facts.rules import waste_feed
from resident.facts.rules.vehicles import describe_vehicle

NAMES = ["@id", "name", "type", "date", "status", "container_types", "material_stream", "material_streams"]
NAMES += ["last_collection", "next_collection", "changed_date", "features", "scheduled_start_date"]
NAMES += ["scheduled_end_date", "date_created", "container_type", "event_type"]
TEXTS = [
    "food-waste",
    "/waste/material-streams/food-waste",
    "2026-12-01",
    "0001-01-01T00:00+14:00",
    "completed",
]
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(TEXTS)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=25,
)
ROWS = st.lists(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8), max_size=3) | JSON
# As the standard's repository shows a service, shortened.
SERVICE = {
    "@type": "WasteService",
    "name": "Mixed recycling",
    "container_types": [
        {"material_stream": {"name": "Mixed recyclables", "@id": "/waste/material-streams/mixed-recycling"}},
        {"material_stream": {"name": "Food waste", "@id": "/waste/material-streams/food-waste"}},
    ],
    "last_collection": {"date": "23 July 2015"},
    "next_collection": {"date": "1 August 2015", "changed_date": "2 August 2015"},
}


def test_the_standards_own_example_is_read():
    assert waste_feed.list_materials(CITYTOWN, [SERVICE]) == ["recycling", "food"]
    assert waste_feed.describe_round(CITYTOWN, "food", [SERVICE], []) == {
        "day": "2015-07-23",
        "next": "2015-08-02",
        "ends": "15:00",
    }
    assert waste_feed.describe_round(CITYTOWN, "rubbish", [SERVICE], []) is None


def test_a_stream_is_known_by_its_name_where_it_has_no_address():
    by_name = {"container_types": [{"material_streams": [{"name": "Food waste"}]}]}
    assert waste_feed.list_materials(CITYTOWN, [by_name]) == ["food"]
    other = {"container_types": [{"material_stream": {"name": "Asbestos"}}]}
    assert waste_feed.list_materials(CITYTOWN, [other]) == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-01", date(2026, 12, 1)),
        ("2026-12-01T23:30:00Z", date(2026, 12, 1)),
        ("2026-06-30T23:30:00Z", date(2026, 7, 1)),
        ("2014-05-23T20:00", date(2014, 5, 23)),
        ("1 August 2014", date(2014, 8, 1)),
    ],
)
def test_days_are_read_as_feeds_write_them(text, day):
    assert waste_feed.read_day(text) == day


def test_a_status_that_is_not_known_says_nothing():
    task = {
        "scheduled_start_date": "2015-07-23T07:00",
        "status": "On hold",
        "features": [{"type": SERVICE["container_types"][1]}],
    }
    round_ = waste_feed.describe_round(CITYTOWN, "food", [SERVICE], [task])
    assert round_.keys() == {"day", "next", "ends"}


@given(ROWS, ROWS)
def test_no_feed_raises_what_is_not_an_outage(services, others):
    for describe in (
        lambda: waste_feed.list_materials(CITYTOWN, services),
        lambda: waste_feed.describe_round(CITYTOWN, "food", services, others),
        lambda: waste_feed.describe_event(CITYTOWN, "food", services, others),
        lambda: waste_feed.find_garden_round(CITYTOWN, services),
    ):
        with suppress(*_FAILURES):
            describe()


@given(st.dictionaries(st.sampled_from(["make", "colour", "fuelType", "co2Emissions", "taxStatus"]), SCALARS))
def test_no_vehicle_raises_what_is_not_an_outage(vehicle):
    with suppress(*_FAILURES):
        fields = describe_vehicle(vehicle)
        assert fields["found"] is True
        assert None not in fields.values()
        if fields.get("co2") == 0:
            assert fields["fuel"] in {"ELECTRICITY", "ELECTRIC", "FUEL CELLS"}
