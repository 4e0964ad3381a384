"""The standards' own tests, over every layer of the demonstration: 54 collections of other people's data.

Then its tiles and the areas of points, against plain Shapely over the raw files.
"""

import numpy as np
import pytest
import shapely

from mapping.collections.rules.feature_ids import write_id
from mapping.shared.coordinates import Crs, project
from services.mapping.tests.demonstration import (
    COUNCILS,
    ENTRIES,
    find_reader,
    open_maps,
    publish_demonstration,
)
from services.mapping.tests.features.standard import ServiceTests, StandardTests
from services.mapping.tests.locate.real_layers import read_file
from services.mapping.tests.locate.test_correctness import (
    by_shapely,
    check_apart_from_borders,
    draw_borders,
    draw_points,
)
from services.mapping.tests.tiles.standard import TileTests, mend

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
POLYGONS = [name for name, entry in sorted(ENTRIES.items()) if entry["geometry_type"] == "Polygon"]


@pytest.fixture(scope="module")
async def demonstration(database, client):
    await publish_demonstration(database, client)


def test_the_demonstration_is_whole():
    assert len(ENTRIES) == 54


@pytest.mark.parametrize("council", COUNCILS)
class TestService(ServiceTests):
    """The landing page and the lists of each council."""

    @pytest.fixture
    def ogc(self, client, council, demonstration):
        return open_maps(client, council)

    async def test_every_layer_is_listed(self, ogc, council):
        listed = {each["id"] for each in (await ogc.json("/collections"))["collections"]}
        assert listed == {each["name"] for each in ENTRIES.values() if each["council"] in ("*", council)}


class OfLayer:
    """A layer as its own council reads it."""

    @pytest.fixture
    def ogc(self, client, layer, demonstration):
        return open_maps(client, find_reader(layer))

    @pytest.fixture
    def collection(self, layer):
        return layer.partition("/")[2]


@pytest.mark.parametrize("layer", sorted(ENTRIES))
class TestCollections(OfLayer, StandardTests):
    """Features of every layer."""


@pytest.mark.parametrize("layer", sorted(ENTRIES))
class TestTiles(OfLayer, TileTests):
    """Tiles of every layer."""

    @pytest.fixture
    def source(self, layer):
        if ENTRIES[layer]["valid_to"] is not None:
            return {}  # tiles show what holds today
        fids, _, shapes = read_file(ENTRIES[layer])
        pairs = zip(fids, shapes, strict=True)
        return {write_id(fid): mend(shape) for fid, shape in pairs if shape is not None}


@pytest.mark.parametrize("layer", POLYGONS)
async def test_ten_thousand_points_and_borders_are_where_shapely_says(app, demonstration, layer):
    entry = ENTRIES[layer]
    fids, _, shapes = read_file(entry)
    described = app.state.snapshots.layer(find_reader(layer), entry["name"])
    snapshot = await app.state.snapshots.get(described)
    box = shapely.total_bounds(shapes).tolist()
    for points in (draw_points(box, 10_000, 7), draw_borders(shapes, 10_000, 8)):
        places = project(points, Crs.CRS84, described.storage_crs)
        pairs = {
            (place, snapshot.fids[index])
            for place, (x, y) in enumerate(places.tolist())
            if np.isfinite(x)
            for index in snapshot.containing(x, y).tolist()
        }
        expected = {(place, write_id(fid)) for place, fid in by_shapely(points, fids, shapes)}
        assert expected
        check_apart_from_borders(points, pairs, expected, [write_id(fid) for fid in fids], shapes)
