"""Changes of layers: each is a version, nothing of the former ones is lost, one event tells of a load."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from chassis.problems import Problem
from mapping.collections.actions import features, layers
from mapping.collections.actions.publication import publication
from mapping.collections.rules.states import make_states
from mapping.collections.tables import STILL
from mapping.features.rules.documents import describe_collection
from mapping.features.rules.links import Site
from services.mapping.tests.layer_world import CAUSE, EDIT, GRIT_BINS, bin_at, clear, publish, read, remove

_EVENTS = text("SELECT nats_subject, envelope FROM outbox ORDER BY id")


@pytest.fixture(autouse=True)
async def no_layers(database):
    await clear(database)


async def list_events(database):
    async with database.reading("*") as session:
        rows = await session.all(_EVENTS)
    return [(row.nats_subject.split(".", 2)[2], json.loads(row.envelope)) for row in rows]


async def list_current(database, layer):
    async with database.reading(layer.council) as session:
        return {each.fid: each for each in await features.list_after(session, layer.id, 0, 1_000)}


async def test_a_load_is_one_event_with_counts(database):
    bins = [bin_at(1, 375000, 165000), bin_at(2, 376000, 166000)]
    layer = await publish(database, "citytown", GRIT_BINS, bins)
    assert (layer.version, layer.feature_count, layer.status) == (1, 2, "published")
    await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375000, 165001), bins[1]])
    events = await list_events(database)
    assert [kind for kind, _ in events] == ["mapping.collection.published"] * 2
    data = events[1][1]["data"]
    counts = {name: data[name] for name in ("added", "changed", "moved", "deleted")}
    assert counts == {"added": 0, "changed": 1, "moved": 1, "deleted": 0}
    assert events[1][1]["sequence"] == 2


async def test_a_layers_extent_in_time_is_that_of_what_it_has(database):
    """Open where any of its features is; an edit widens it, and the next load measures it."""
    spring, summer, autumn = (datetime(2027, month, 1, tzinfo=UTC) for month in (3, 6, 9))

    def dated(number, since, until):
        return replace(bin_at(number, 375000, 165000), valid_from=since, valid_to=until)

    layer = await publish(database, "citytown", GRIT_BINS, [dated(1, summer, None), dated(2, spring, summer)])
    assert (layer.valid_since, layer.valid_until) == (spring, None)
    layer = await publish(database, "citytown", GRIT_BINS, [dated(1, summer, autumn)])
    assert (layer.valid_since, layer.valid_until) == (spring, autumn)
    layer = await publish(database, "citytown", GRIT_BINS, [dated(3, None, spring)], EDIT)
    assert (layer.valid_since, layer.valid_until) == (None, autumn)
    document = describe_collection(Site("https://town.example/ogc"), layer)
    assert document["extent"]["temporal"]["interval"] == [[None, "2027-09-01T00:00:00Z"]]


async def test_an_edit_tells_of_each_feature(database):
    layer = await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375000, 165000)])
    await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375005, 165000), bin_at(2, 1000, 1000)], EDIT)
    layer = await remove(database, layer, "GB-1")
    assert layer.feature_count == 1
    events = (await list_events(database))[1:]
    assert [(kind, event["data"]["feature"], event["sequence"]) for kind, event in events] == [
        ("mapping.feature.changed", "GB-1", 2),
        ("mapping.feature.created", "GB-2", 2),
        ("mapping.feature.deleted", "GB-1", 3),
    ]


async def test_a_feature_keeps_its_number_for_ever(database):
    layer = await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375000, 165000)])
    number = (await list_current(database, layer))["GB-1"].number
    await remove(database, layer, "GB-1")
    await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375900, 165900)])
    assert (await list_current(database, layer))["GB-1"].number == number


async def test_an_equal_feature_is_not_written_again(database):
    await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375000, 165000)])
    layer = await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375000, 165000)])
    assert (await list_current(database, layer))["GB-1"].version == 1
    assert layer.version == 2


async def test_a_version_is_restored_and_nothing_is_lost(database):
    first = [bin_at(1, 375000, 165000), bin_at(2, 376000, 166000), bin_at(3, 377000, 167000)]
    layer = await publish(database, "citytown", GRIT_BINS, first)
    before = await list_current(database, layer)
    await publish(database, "citytown", GRIT_BINS, [bin_at(1, 100, 100), bin_at(4, 378000, 167000)])
    await remove(database, layer, "GB-2", cause=CAUSE)
    async with database.writing("citytown") as session:
        async with publication(session, layer.id, CAUSE._replace(kind="restore")) as change:
            await change.restore(1)
        assert dict(change.counts) == {"added": 1, "changed": 1, "moved": 1, "deleted": 1}
    after = await list_current(database, layer)
    assert {fid: replace(each, version=0) for fid, each in after.items()} == {
        fid: replace(each, version=0) for fid, each in before.items()
    }
    assert (await read(database, "citytown", "grit-bins")).feature_count == 3
    async with database.reading("citytown") as session:
        history = await features.list_history(session, layer.id, "GB-2", STILL, 10)
        differences = await features.list_differences(session, layer.id, (1, 2), 0, 10)
    states = [(each.feature.version, each.is_deletion) for each in history]
    assert states == [(4, False), (3, True), (1, False)]
    assert [(fid, change) for _, fid, change in differences] == [("GB-1", "moved"), ("GB-4", "added")]


async def test_changes_at_once_are_versions_one_after_another(database):
    layer = await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375000, 165000)])
    added = [bin_at(number, 370000 + number, 165000) for number in range(2, 7)]
    await asyncio.gather(*(publish(database, "citytown", GRIT_BINS, [each], EDIT) for each in added))
    layer = await read(database, "citytown", "grit-bins")
    assert (layer.version, layer.feature_count) == (6, 6)
    versions = [each.version for each in (await list_current(database, layer)).values()]
    assert sorted(versions) == [1, 2, 3, 4, 5, 6]


async def test_another_council_reads_and_changes_nothing(database):
    layer = await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375000, 165000)])
    async with database.reading("hillshire") as session:
        assert await layers.find_layer(session, "citytown", "grit-bins") is None
        assert await features.list_after(session, layer.id, 0, 10) == []
    with pytest.raises(Problem) as raised:
        async with database.writing("hillshire") as session, publication(session, layer.id, CAUSE):
            pytest.fail("it was locked")
    assert raised.value.status_code == 404


async def test_a_name_is_taken_once_in_a_council(database):
    await publish(database, "citytown", GRIT_BINS, [])
    await publish(database, "hillshire", GRIT_BINS, [])
    with pytest.raises(Problem) as raised:
        async with database.writing("citytown") as session:
            await layers.create_layer(session, "citytown", "a-person", GRIT_BINS)
    assert raised.value.status_code == 409


async def test_geojson_is_made_once_in_both_coordinate_systems(database):
    layer = await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375000, 165000)])
    state = make_states(layer, [bin_at(1, 375000, 165000)])[0]
    longitude, latitude = json.loads(state.geojson)["coordinates"]
    assert json.loads(state.geojson_storage)["coordinates"] == [375000, 165000]
    assert (longitude, latitude) == pytest.approx((-2.36, 51.38), abs=0.01)
    assert state.bbox.west == pytest.approx(longitude, abs=1e-6)
