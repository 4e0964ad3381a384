"""Layers in memory: what they answer, how they follow changes, how much they keep."""

import asyncio

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.testing import eventually
from mapping.snapshots.actions import registry
from mapping.snapshots.actions.registry import Snapshots, TooLargeError
from mapping.snapshots.rules.snapshot import build_snapshot
from services.mapping.tests.layer_world import EDIT, GRIT_BINS, WARDS, bin_at, clear, publish, remove, square

_EVERYWHERE = (0, 0, 700_000, 1_300_000)


@pytest.fixture(autouse=True)
async def no_layers(database):
    await clear(database)


@pytest.fixture
async def snapshots(database):
    snapshots = Snapshots(database, 50_000_000)
    yield snapshots
    snapshots.close()


async def refreshed(snapshots, council, name):
    await snapshots.refresh()
    return await snapshots.get(snapshots.layer(council, name))


def name_all(snapshot, places):
    return [snapshot.fids[place] for place in places]


async def test_it_answers_what_lies_where(database, snapshots):
    wards = [square("E05000001", 375000, 165000), square("E05000002", 376000, 165000)]
    await publish(database, "citytown", WARDS, wards)
    snapshot = await refreshed(snapshots, "citytown", "wards")
    line = shapely.LineString([(375500, 165500), (376500, 165500)])
    codes = ["E05000001", "E05000002"]
    assert name_all(snapshot, snapshot.containing(375500, 165500)) == ["E05000001"]
    assert name_all(snapshot, snapshot.containing(376000, 165500)) == codes
    assert name_all(snapshot, snapshot.containing(0, 0)) == []
    assert name_all(snapshot, snapshot.candidates((375900, 165900, 375950, 165950))) == ["E05000001"]
    assert name_all(snapshot, snapshot.intersecting(line)) == codes
    assert snapshot.nearest(377100, 165500, 5, 200) == [(1, 100.0)]
    at, places = snapshot.containing_each(np.array([0.0, 376500.0]), np.array([0.0, 165500.0]))
    assert (at.tolist(), name_all(snapshot, places)) == ([1], ["E05000002"])


async def test_small_changes_are_laid_over_it(database, snapshots):
    bins = [bin_at(1, 375000, 165000), bin_at(2, 376000, 165000)]
    layer = await publish(database, "citytown", GRIT_BINS, bins)
    before = await refreshed(snapshots, "citytown", "grit-bins")
    await publish(
        database, "citytown", GRIT_BINS, [bin_at(1, 375100, 165000), bin_at(3, 376500, 165000)], EDIT
    )
    await remove(database, layer, "GB-2")
    after = await refreshed(snapshots, "citytown", "grit-bins")
    assert after._tree is before._tree
    assert name_all(after, after.order) == ["GB-1", "GB-3"]
    assert len(before.candidates(_EVERYWHERE)) == 2
    assert name_all(after, after.candidates((375050, 0, 700000, 1300000))) == ["GB-1", "GB-3"]
    public = await snapshots.feature_bytes(after, of_storage=True, audience="public")
    texts = public.get_many(after.numbers[after.order])
    assert b"375100" in texts[0]
    assert b"key_code" not in texts[0]
    staff = await snapshots.feature_bytes(after, of_storage=False, audience="staff")
    assert b"4711" in staff.get_many(after.numbers[after.order])[0]


async def test_what_it_followed_is_what_it_would_read_anew(database, snapshots):
    bins = [bin_at(number, 370000 + number, 165000) for number in range(20)]
    layer = await publish(database, "citytown", GRIT_BINS, bins)
    await refreshed(snapshots, "citytown", "grit-bins")
    rng = np.random.default_rng(14)
    for _ in range(6):
        numbers = set(rng.integers(0, 30, 4).tolist())
        moved = [bin_at(number, int(rng.integers(360000, 380000)), 165000) for number in numbers]
        await publish(database, "citytown", GRIT_BINS, moved, EDIT)
        layer = await remove(database, layer, f"GB-{rng.integers(0, 30)}")
        followed = await refreshed(snapshots, "citytown", "grit-bins")
        other = Snapshots(database, 1)
        anew = await refreshed(other, "citytown", "grit-bins")
        other.close()
        assert {followed.fids[place]: followed.geometries[place].wkt for place in followed.order} == {
            anew.fids[place]: anew.geometries[place].wkt for place in anew.order
        }
        box = (365000, 0, 372000, 1300000)
        assert name_all(followed, followed.candidates(box)) == name_all(anew, anew.candidates(box))
        ready = await snapshots.feature_bytes(followed, of_storage=True, audience="staff")
        texts = ready.get_many(followed.numbers[followed.order])
        assert all(text.startswith(b'{"type":"Feature"') for text in texts)


async def test_a_change_is_seen_within_a_second(database, snapshots):
    await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375000, 165000)])
    following = asyncio.create_task(snapshots.follow())
    await eventually(lambda: snapshots.layer("citytown", "grit-bins") is not None, within=5)
    await publish(database, "citytown", GRIT_BINS, [bin_at(2, 375000, 165000)], EDIT)
    await eventually(lambda: snapshots.layer("citytown", "grit-bins").version == 2, within=1)
    following.cancel()


async def test_councils_have_their_own_layers_and_national_ones(database, snapshots):
    await publish(database, "region", WARDS, [square("E05000009", 0, 0)])
    await publish(database, "citytown", WARDS, [square("E05000001", 375000, 165000)])
    await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375000, 165000)])
    await snapshots.refresh()
    layers = [(each.name, each.council) for each in snapshots.layers("citytown")]
    assert layers == [("grit-bins", "citytown"), ("wards", "citytown")]
    assert [(each.name, each.council) for each in snapshots.layers("hillshire")] == [("wards", "region")]
    assert (await snapshots.get(snapshots.layer("hillshire", "wards"))).fids == ["E05000009"]
    assert snapshots.layer("hillshire", "grit-bins") is None


async def test_the_least_recently_used_makes_room(database):
    for name in ("a", "b", "c"):
        await publish(database, "citytown", {**WARDS, "name": name}, [square("E05000001", 0, 0)])
    snapshots = Snapshots(database, 1_500)
    await snapshots.refresh()
    first = await snapshots.get(snapshots.layer("citytown", "a"))
    await snapshots.get(snapshots.layer("citytown", "b"))
    assert await snapshots.get(snapshots.layer("citytown", "a")) is first
    second = await snapshots.get(snapshots.layer("citytown", "b"))
    await snapshots.get(snapshots.layer("citytown", "c"))
    assert await snapshots.get(snapshots.layer("citytown", "b")) is second
    assert await snapshots.get(snapshots.layer("citytown", "a")) is not first
    assert snapshots.cache.bytes <= 1_500
    snapshots.close()


async def test_a_layer_that_is_too_large_stays_in_postgresql(database, snapshots, monkeypatch):
    monkeypatch.setattr(registry, "MAX_FEATURES", 1)
    await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375000, 165000), bin_at(2, 376000, 165000)])
    with pytest.raises(TooLargeError):
        await refreshed(snapshots, "citytown", "grit-bins")


async def test_many_who_ask_at_once_wait_for_one(database, snapshots):
    await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375000, 165000)])
    await snapshots.refresh()
    layer = snapshots.layer("citytown", "grit-bins")
    built = await asyncio.gather(*(snapshots.get(layer) for _ in range(20)))
    assert len({id(each) for each in built}) == 1


class Row:
    """A row for memory."""

    properties, etag, valid_from, valid_to = "{}", "", None, None

    def __init__(self, number, shape):
        self.number, self.fid, self.wkb = number, str(number), shape.wkb


_METRES = st.integers(0, 50)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_METRES, _METRES, st.integers(1, 20)), min_size=1, max_size=30), _METRES, _METRES)
def test_a_point_lies_where_plain_shapely_says(boxes, x, y):
    shapes = [shapely.box(west, south, west + size, south + size) for west, south, size in boxes]
    rows = [Row(number, shape) for number, shape in enumerate(shapes)]
    snapshot = build_snapshot(None, 1, rows)  # of the layer nothing is looked at
    point = shapely.Point(x, y)
    expected = [number for number, shape in enumerate(shapes) if shape.intersects(point)]
    assert snapshot.containing(x, y).tolist() == expected
    _, places = snapshot.containing_each(np.array([float(x)]), np.array([float(y)]))
    assert sorted(places.tolist()) == expected
