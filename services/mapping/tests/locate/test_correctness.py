"""Real boundaries: random points and points on borders, against plain Shapely over the raw files."""

import time

import numpy as np
import pytest
import shapely

from chassis.testing import eventually
from services.mapping.tests.layer_world import clear
from services.mapping.tests.locate.real_layers import choose, publish_file, read_file

_RAW_REACH = 2e-5  # degrees, 2 m: so near a border, straight lines of the two systems may lie apart
_BATH = (-2.71, 51.27, -2.27, 51.45)
_BRITAIN = (-6.0, 50.0, 1.8, 58.7)


@pytest.fixture
def fetch_all(client, mint):
    async def send(points, areas):
        token = mint(scopes=["mapping:read"], councils=["citytown"])
        response = await client.post(
            "/citytown/mapping/v1/locate:batch",
            json={"points": points.tolist(), "areas": areas},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert response.status_code == 200, response.text
        return response.json()

    return send


async def load(client, database, layers):
    await clear(database)
    for layer in layers:
        await publish_file(database, layer)
    snapshots = client._transport.app.state.snapshots

    async def are_known():
        await snapshots.refresh()
        names_here = {layer.name for layer in snapshots.layers("citytown")}
        return {layer["name"] for layer in layers} <= names_here

    await eventually(are_known)


def by_layer(answer):
    """List for each layer the pairs of a point's place and a feature's id."""
    pairs = {}
    for place, row in enumerate(answer["points"]):
        for area in row["areas"]:
            described = answer["areas"][area]
            pairs.setdefault(described["collection"], set()).add((place, described["id"]))
    return pairs


def by_shapely(points, fids, geometries):
    """Ask each polygon alone about all points in its box: no index, nothing prepared."""
    x, y = points.T
    pairs = set()
    for fid, geometry in zip(fids, geometries, strict=True):
        west, south, east, north = geometry.bounds
        inside = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        covered = shapely.intersects_xy(geometry, x[inside], y[inside])
        pairs |= {(int(place), fid) for place in inside[covered]}
    return pairs


def draw_points(box, count, seed):
    west, south, east, north = box
    return np.random.default_rng(seed).uniform((west, south), (east, north), (count, 2))


def draw_borders(geometries, count, seed):
    """Draw vertices of the polygons: where neighbours meet, a point is on both borders."""
    vertices = shapely.get_coordinates(geometries)
    return np.random.default_rng(seed).choice(vertices, count)


def check_apart_from_borders(points, pairs_here, expected, fids, geometries):
    """Check pairs of a layer that is kept in another system: they may differ within 2 m of a border alone.

    Beside a side that is long, by more: straight in degrees, it is bent on the National Grid.
    """
    shapes = dict(zip(fids, geometries, strict=True))
    for place, fid in pairs_here ^ expected:
        border = shapely.boundary(shapes[fid])
        sides = np.diff(shapely.get_coordinates(border), axis=0)
        reach = _RAW_REACH + 2e-3 * float((sides**2).sum(axis=1).max())
        assert border.distance(shapely.Point(points[place])) < reach, (points[place], fid)


async def check_council(client, database, fetch_all, layers, count):
    await load(client, database, layers)
    for seed in (1, 2):
        points = draw_points(_BATH, count, seed)
        if seed == 2:
            points = draw_borders(np.concatenate([read_file(layer)[2] for layer in layers]), count, seed)
        pairs = by_layer(await fetch_all(points, [layer["name"] for layer in layers]))
        for layer in layers:
            fids, _, geometries = read_file(layer)
            expected = by_shapely(points, fids, geometries)
            pairs_here = pairs.get(layer["name"], set())
            assert expected or layer["name"] == "local-shops"
            check_apart_from_borders(points, pairs_here, expected, fids, geometries)


async def test_some_points_of_citytown_are_where_shapely_says(client, database, fetch_all):
    layers = choose(council="citytown", names=("wards", "council-boundary"))
    await check_council(client, database, fetch_all, layers, 200)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_ten_thousand_points_of_citytown_are_where_shapely_says(client, database, fetch_all):
    layers = [layer for layer in choose(council="citytown") if not layer.get("synthetic")]
    assert len(layers) == 8
    await check_council(client, database, fetch_all, layers, 10_000)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_ten_thousand_points_of_britain_are_in_the_wards_that_shapely_says(client, database, fetch_all):
    (wards,) = choose(council="*", names=("gb-wards",))
    await load(client, database, [wards])
    fids, _, geometries = read_file(wards)
    assert len(fids) == 8_886
    # Kept as the file has it, so that every pair is equal, on borders too.
    borders = draw_borders(geometries, 10_000, 4)
    for points in (draw_points(_BRITAIN, 10_000, 3), borders):
        answer = await fetch_all(points, ["gb-wards"])
        expected = by_shapely(points, fids, geometries)
        assert len(expected) > 4_000
        assert by_layer(answer)["gb-wards"] == expected
    assert all(row["areas"] and row["on_boundary"] == row["areas"] for row in answer["points"])
    codes = [[answer["areas"][area]["gss"] for area in row["areas"]] for row in answer["points"]]
    assert codes == [sorted(each) for each in codes]
    assert sum(len(each) > 1 for each in codes) > 5_000


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_ten_thousand_points_over_all_zones_take_half_a_second(client, database, fetch_all):
    layers = choose(council="citytown")
    await load(client, database, layers)
    points = draw_points(_BATH, 10_000, 5)
    await fetch_all(points, [])  # polygons are prepared by the first who fetch
    seconds = []
    for _ in range(3):
        start = time.process_time()
        await fetch_all(points, [])
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.5
