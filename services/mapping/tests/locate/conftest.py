"""A council whose layers are drawn by the tests: two wards, two rounds, a road, two grit bins."""

import pytest
import shapely

from mapping.collections.rules.states import NewFeature
from services.mapping.tests.layer_world import GRIT_BINS, WARDS, bin_at, clear, publish, square

ROADS = {
    **GRIT_BINS,
    "name": "roads",
    "title": "Roads",
    "kind": "lines",
    "geometry_type": "LineString",
    "properties": [
        ("ref", "Number", "string", "public", True, ()),
        ("name", "Name", "string", "public", False, ()),
        ("class", "Class", "string", "public", False, ()),
    ],
    "label_property": "name",
}
ROUNDS = {**WARDS, "name": "bin-rounds", "kind": "zones", "area_type": "", "code_property": ""}
BOUNDARY = {**WARDS, "name": "council-boundary", "area_type": "UTA"}
POSTCODES = {
    **GRIT_BINS,
    "name": "postcodes",
    "title": "Postcodes",
    "kind": "places",
    "properties": [("postcode", "Postcode", "string", "public", True, ())],
    "key_property": "postcode",
    "label_property": "postcode",
    "code_property": "postcode",
}
KEY_SAFES = {**GRIT_BINS, "name": "key-safes", "title": "Key safes", "audience": "staff"}


def road(number, name, northing, **properties):
    line = shapely.LineString([(375000, northing), (377000, northing)])
    return NewFeature(f"R{number}", line, {"ref": f"R{number}", "name": name, **properties})


async def publish_world(database):
    wards = [square("E05000002", 375000, 165000), square("E05000001", 376000, 165000)]
    rounds = [square("monday", 375000, 165000), square("friday", 376000, 165000)]
    roads = [road(1, "York Street", 165520), road(2, None, 165502), road(3, "The Avenue", 165900)]
    postcode = NewFeature("BA1 1LJ", shapely.Point(375200, 165200), {"postcode": "BA1 1LJ"})
    for values, features in (
        (WARDS, wards),
        (ROUNDS, rounds),
        (BOUNDARY, [square("E06000022", 375000, 165000, 2_000)]),
        (GRIT_BINS, [bin_at(1, 375510, 165500), bin_at(2, 375540, 165500), bin_at(3, 376500, 165500)]),
        (KEY_SAFES, [bin_at(9, 375501, 165500)]),
        (ROADS, roads),
        (POSTCODES, [postcode]),
    ):
        await publish(database, "citytown", values, features)


@pytest.fixture(scope="module")
async def world(client, database):
    await clear(database)
    await publish_world(database)
    yield
    await clear(database)


@pytest.fixture
def fetch(app, client, mint, world):
    """Send a request of a caller who may read; ``scopes`` are more than that."""

    async def send(
        path,
        *,
        method="GET",
        scopes=(),
        council="citytown",
        json=None,
        headers=None,
        mode="sandbox",
        **params,
    ):
        token = mint(scopes=["mapping:read", *scopes], councils=[council], mode=mode)
        return await client.request(
            method,
            f"/{council}/mapping/v1{path}",
            params=params,
            json=json,
            headers={"Authorization": f"Bearer {token}", **(headers or {})},
        )

    send.snapshots = app.state.snapshots
    send.forget = app.state.look_ups.memory.rules._values.clear  # it would forget in a second
    return send
