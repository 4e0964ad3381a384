"""Postcodes' areas are told by outcode: of most properties, once a change, and when they begin."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import text

from mapping.collections.rules.states import NewFeature
from mapping.events import PropertyCreated, PropertyRetired
from mapping.postcode_areas import actions, rules
from mapping.snapshots.actions import registry
from services.mapping.tests.layer_world import WARDS, clear, publish, remove, square

PARISHES = {**WARDS, "name": "parishes", "area_type": "CPC"}
E, N = 375_000, 165_000
W1, W2, P1 = "E05000001", "E05000002", "E04000001"
_EVENTS = text("""SELECT envelope::json AS envelope FROM outbox
    WHERE nats_subject LIKE '%.mapping.outcode.located' ORDER BY id""")
_FORGET = ("property_point", "area_survey", "outcode_areas", "job")


@pytest.fixture(autouse=True)
async def nothing(client, database):
    await clear(database)
    if (before := registry._of_database.pop(database, None)) is not None:
        before.close()  # a worker never sees a layer vanish
    async with database.writing("*") as session:
        for table in _FORGET:
            await session.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def place(deliver):
    numbers = iter(range(1, 1_000))

    async def place(*postcodes_and_eastings, view=PropertyCreated, **values):
        for postcode, easting in postcodes_and_eastings:
            point = {"easting": easting, "northing": N + 500, "postcode": postcode}
            uprn = str(next(numbers))
            outcome = await deliver(view, **{"uprn": uprn, "council": "citytown", **point, **values})
            assert outcome.state == "processed", outcome

    return place


@pytest.fixture
def run_survey(database, run_jobs):
    """Survey what is to be surveyed, and return the events that came of it."""

    async def run_survey():
        async with database.reading() as session:
            before = len(await session.all(_EVENTS))
        await run_jobs(after=timedelta(seconds=20))
        async with database.reading() as session:
            rows = [row.envelope for row in await session.all(_EVENTS)]
        events = [row if isinstance(row, dict) else json.loads(row) for row in rows]
        return events[before:]

    return run_survey


def codes_of(event):
    data = event["data"]
    return {
        incode: {data["areas"][place]["kind"]: data["areas"][place]["code"] for place in places}
        for incode, places in data["postcodes"].items()
    }


async def test_an_outcodes_postcodes_are_told_with_the_areas_of_most_of_their_properties(
    database, place, run_survey
):
    await publish(database, "citytown", WARDS, [square(W1, E, N), square(W2, E + 1_000, N)])
    await publish(database, "citytown", PARISHES, [square(P1, E, N)])
    await place(("BA1 1AA", E + 100), ("BA1 1AA", E + 200), ("BA1 1AA", E + 1_500), ("BA1 1AB", E + 1_500))
    await place(("BA2 2AA", E + 100), ("BA1 1AC", E + 5_000), ("", E + 1), ("nonsense", E + 1))
    first, second = await run_survey()
    assert codes_of(first) == {"1AA": {"ward": W1, "parish": P1}, "1AB": {"ward": W2}}
    assert codes_of(second) == {"2AA": {"ward": W1, "parish": P1}}
    assert first["data"]["searched"] == {"wards": 1, "parishes": 1}
    assert (first["council"], first["sequence"], first["data"]["outcode"]) == ("citytown", 1, "BA1")
    assert await run_survey() == []


async def test_a_republished_layer_is_told_again_as_the_next_of_the_outcode(database, place, run_survey):
    layer = await publish(database, "citytown", WARDS, [square(W1, E, N)])
    await place(("BA1 1AA", E + 100))
    [first] = await run_survey()
    await publish(database, "citytown", WARDS, [square(W2, E, N)])
    await remove(database, layer, W1)
    [second] = await run_survey()
    assert (second["subject"], second["sequence"]) == (first["subject"], 2)
    assert (codes_of(second), second["data"]["searched"]) == ({"1AA": {"ward": W2}}, {"wards": 3})


async def test_a_property_that_moves_or_goes_changes_its_own_outcode_alone(database, place, run_survey):
    await publish(database, "citytown", WARDS, [square(W1, E, N), square(W2, E + 1_000, N)])
    await place(("BA1 1AA", E + 100), ("BA2 2AA", E + 100))
    await run_survey()
    await place(("BA1 1AA", E + 1_100), sequence=2, uprn="1")
    [event] = await run_survey()
    assert codes_of(event) == {"1AA": {"ward": W2}}
    await place(("BA1 1AA", E + 1_100), view=PropertyRetired, sequence=3, uprn="1")
    [event] = await run_survey()
    assert (codes_of(event), event["sequence"]) == ({}, 3)


async def test_a_councils_own_layer_goes_before_the_nations_which_fills_its_gaps(database, place, run_survey):
    await publish(database, "region", {**WARDS, "name": "gb-wards"}, [square(W2, E, N, 5_000)])
    await publish(database, "citytown", WARDS, [square(W1, E, N)])
    await place(("BA1 1AA", E + 100), ("BA1 1AB", E + 2_000))
    [event] = await run_survey()
    assert codes_of(event) == {"1AA": {"ward": W1}, "1AB": {"ward": W2}}
    await place(("BA1 1AA", E + 100), council="hillshire")
    [event] = await run_survey()
    assert (event["council"], codes_of(event)) == ("hillshire", {"1AA": {"ward": W2}})


@pytest.mark.parametrize(
    "changes",
    [{"audience": "staff"}, {"area_type": "OLF"}, {"kind": "zones"}, {"code_property": ""}],
    ids=lambda changes: next(iter(changes)),
)
async def test_a_layer_that_is_not_public_or_has_no_official_codes_is_not_told(
    database, place, run_survey, changes
):
    await publish(database, "citytown", {**WARDS, **changes}, [square(W1, E, N)])
    await place(("BA1 1AA", E + 100))
    assert await run_survey() == []


async def test_a_boundary_that_begins_later_is_told_at_that_moment(database, place, run_survey, set_clock):
    """At the first of April after the clocks went forward, by local time: 23:00 UTC on the eve."""
    begins = datetime(2027, 3, 31, 23, tzinfo=UTC)
    old, new = square(W1, E, N), square(W2, E, N)
    await publish(
        database,
        "citytown",
        WARDS,
        [
            NewFeature(old.fid, old.geometry, old.properties, None, begins),
            NewFeature(new.fid, new.geometry, new.properties, begins, None),
        ],
    )
    await place(("BA1 1AA", E + 100))
    set_clock((begins - timedelta(seconds=1)).isoformat())
    [event] = await run_survey()
    assert codes_of(event) == {"1AA": {"ward": W1}}
    assert await run_survey() == []
    set_clock(begins.isoformat())
    [event] = await run_survey()
    assert codes_of(event) == {"1AA": {"ward": W2}}
    assert await run_survey() == []


async def test_a_resync_tells_each_outcode_as_it_is(database, place, run_survey):
    await publish(database, "citytown", WARDS, [square(W1, E, N)])
    await place(("BA1 1AA", E + 100), ("BA2 2AA", E + 100))
    first, second = await run_survey()
    async with database.writing("*") as session:
        page = await actions.add_snapshots(session, None)
    assert (page.events, page.after) == (2, None)
    async with database.reading() as session:
        rows = [row.envelope for row in await session.all(_EVENTS)][2:]
    again = [row if isinstance(row, dict) else json.loads(row) for row in rows]
    assert [(each["snapshot"], each["sequence"], each["data"]) for each in again] == [
        (True, each["sequence"], each["data"]) for each in (first, second)
    ]


@pytest.mark.parametrize(
    ("points", "ranks", "expected"),
    [
        ([0, 1, 2], [1, 1, 0], {0: 1}),
        ([0, 1], [1, 0], {0: 0}),  # as many in each: the smaller code
        ([0, 0, 1], [1, 0, 0], {0: 0}),  # a point on a border
        ([0], [0], {}),  # two of three are in none
    ],
)
def test_of_areas_that_of_most_properties_is_chosen(points, ranks, expected):
    count = max(points) + 1 if expected else 3
    postcodes = np.zeros(count, np.int64)
    assert rules.choose_areas(postcodes, np.array(points), np.array(ranks)) == expected
