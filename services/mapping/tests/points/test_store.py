"""Statements of mapping."""

from mapping.points import actions, store
from mapping.points.rules import Placement


async def test_a_late_event_does_not_overwrite_a_newer_place(session):
    await store.upsert_points(session, [Placement("citytown", 7, 10.0, 20.0, 5)])
    await store.upsert_points(session, [Placement("citytown", 7, 99.0, 99.0, 4)])
    row = await store.get_point(session, "citytown", 7)
    assert (float(row.easting), row.sequence) == (10.0, 5)


async def test_a_newer_event_moves_the_property(session):
    await store.upsert_points(session, [Placement("citytown", 7, 10.0, 20.0, 5)])
    await store.upsert_points(session, [Placement("citytown", 7, 11.5, 21.5, 6)])
    row = await store.get_point(session, "citytown", 7)
    assert (float(row.easting), float(row.northing), row.sequence) == (11.5, 21.5, 6)


async def test_a_retired_property_is_on_no_map_and_late_news_does_not_bring_it_back(session):
    await store.upsert_points(session, [Placement("citytown", 7, 10.0, 20.0, 5)])
    await store.upsert_points(session, [Placement("citytown", 7, 10.0, 20.0, 6, retired=True)])
    await store.upsert_points(session, [Placement("citytown", 7, 11.0, 21.0, 5)])
    assert await store.get_point(session, "citytown", 7) is None
    assert await store.list_points(session, "citytown", 0, 10) == []


async def test_a_snapshot_sets_a_point_whatever_its_version(session):
    await store.upsert_points(session, [Placement("citytown", 7, 10.0, 20.0, 9)])
    await actions.place_properties(session, [Placement("citytown", 7, 1.0, 2.0, 4, snapshot=True)])
    row = await store.get_point(session, "citytown", 7)
    assert (float(row.easting), row.sequence) == (1.0, 4)
    await actions.place_properties(session, [Placement("citytown", 7, 3.0, 4.0, 5)])
    assert (await store.get_point(session, "citytown", 7)).sequence == 5
