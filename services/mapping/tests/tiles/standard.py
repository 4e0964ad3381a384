"""Tiles of a layer against the raw file that it was loaded from, by mapbox-vector-tile and plain Shapely.

Subclass ``TileTests`` where ``ogc``, ``collection`` and ``source`` (shapes in degrees by their ids, of what
holds today) are fixtures. Named tests: ogcapi-tiles dabbe22.
"""

import mapbox_vector_tile
import numpy as np
import shapely

from mapping.tiles.rules.matrix import EXTENT, Tile, find_tile
from services.mapping.tests.tiles.encoded import in_units

MVT = "application/vnd.mapbox-vector-tile"
PIXEL = EXTENT // 256
FINE = 15
SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"


async def fetch_tile(ogc, collection, tile):
    """Fetch and decode a tile: shapes in its units by the features' ids, cut to the tile itself."""
    path = f"/collections/{collection}/tiles/WebMercatorQuad/{tile.zoom}/{tile.row}/{tile.column}"
    response = await ogc(path, accept=MVT)
    if response.status_code == 204:
        assert (response.headers["oatiles-hint"], response.content) == ("empty", b"")
        return {}
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == MVT
    layers = mapbox_vector_tile.decode(response.content, default_options={"y_coord_down": True})
    assert list(layers) == [collection]
    assert (layers[collection]["extent"], layers[collection]["version"]) == (EXTENT, 2)
    features = layers[collection]["features"]
    assert len({each["id"] for each in features}) == len(features)
    box = shapely.box(0, 0, EXTENT, EXTENT)
    shapes = {}
    for each in features:
        shape = mend(shapely.geometry.shape(each["geometry"]))
        shapes[each["properties"]["id"]] = shapely.intersection(shape, box)
    return shapes


async def fetch_pair(ogc, collection, tile):
    """Fetch a tile and its eastern neighbour, put together in the units of the first."""
    beside = Tile(tile.zoom, tile.row, tile.column + 1)
    ours, theirs = await fetch_tile(ogc, collection, tile), await fetch_tile(ogc, collection, beside)
    moved = {
        fid: shapely.transform(shape, lambda xy: np.add(xy, (EXTENT, 0)))
        for fid, shape in sorted(theirs.items())
    }
    empty = shapely.GeometryCollection()
    return {
        fid: shapely.union(ours.get(fid, empty), moved.get(fid, empty)) for fid in sorted({*ours, *moved})
    }


def mend(shape):
    """Make a shape valid, of the kind that it is."""
    return shapely.make_valid(shape, method="structure", keep_collapsed=False)


def compare(drawn, exact, strip):
    """Fail where a drawn shape and the exact one are apart by more than a pixel, within a pair of tiles."""
    dimension = shapely.get_dimensions(exact)
    part = shapely.intersection(exact, strip)
    if dimension == 2:
        wrong = shapely.symmetric_difference(shapely.intersection(drawn, strip), part)
        # A gap between the two tiles would be far from any border.
        left = shapely.difference(wrong, shapely.buffer(shapely.boundary(exact), PIXEL))
        assert left.area < 1
        return
    for shape, other in ((drawn, exact), (part, shapely.buffer(drawn, PIXEL))):
        if not shapely.is_empty(shape) and (dimension == 0 or shapely.length(shape) > PIXEL):
            vertices = shapely.points(shapely.get_coordinates(shapely.segmentize(shape, 64)))
            assert shapely.distance(vertices, other).max() <= PIXEL


class TileTests:
    """What the tiles of every layer must do."""

    async def test_tile_set_is_described_and_linked(self, ogc, collection):
        """tilesets-list/tileset-links, tileset/description, desc-links."""
        (listed,) = (await ogc.json(f"/collections/{collection}/tiles"))["tilesets"]
        assert (listed["dataType"], listed["crs"]) == ("vector", "http://www.opengis.net/def/crs/EPSG/0/3857")
        links = {link["rel"]: link["href"] for link in listed["links"]}
        assert (await ogc.client.get(links[SCHEME])).json()["uri"] == listed["tileMatrixSetURI"]
        described = await ogc.json(f"/collections/{collection}/tiles/WebMercatorQuad")
        assert [layer["id"] for layer in described["layers"]] == [collection]
        west, south, east, north = (await ogc.describe(collection))["extent"]["spatial"]["bbox"][0]
        box = described["boundingBox"]
        assert np.allclose([*box["lowerLeft"], *box["upperRight"]], [west, south, east, north])
        tilejson = await ogc.json(f"/collections/{collection}/tiles/WebMercatorQuad/tilejson.json")
        assert [layer["id"] for layer in tilejson["vector_layers"]] == [collection]
        assert tilejson["attribution"] == described["attribution"]

    async def test_tc_success_and_tc_error(self, ogc, collection, source):
        path = f"/collections/{collection}/tiles/WebMercatorQuad"
        for place in ("23/0/0", "5/32/0", "5/0/32"):
            assert (await ogc(f"{path}/{place}", accept=MVT)).status_code == 404, place
        assert (await ogc(f"{path}/12/0/0", accept=MVT)).status_code in (204, 404)
        tile = choose_tiles(source)[0]
        response = await ogc(f"{path}/{tile.zoom}/{tile.row}/{tile.column}", accept=MVT)
        assert response.status_code == (200 if source else 204)

    async def test_tiles_are_the_source_within_a_pixel_and_meet(self, ogc, collection, source):
        """mvt/content: each feature, over two tiles side by side, near and far."""
        # What reaches into the tiles by less than a pixel may be left out.
        strip = shapely.box(PIXEL, PIXEL, 2 * EXTENT - PIXEL, EXTENT - PIXEL)
        for tile in choose_tiles(source):
            drawn = await fetch_pair(ogc, collection, tile)
            assert drawn.keys() <= source.keys()
            west, south, _, north = tile.bounds(0)
            _, _, east, _ = Tile(tile.zoom, tile.row, tile.column + 1).bounds(0)
            near = [
                fid
                for fid, shape in sorted(source.items())
                if shapely.intersects(shape, shapely.box(west, south, east, north))
            ]
            for fid in near:
                exact = mend(in_units(source[fid], tile))
                compare(drawn.get(fid, shapely.GeometryCollection()), exact, strip)
            assert drawn.keys() <= set(near) | {fid for fid, shape in drawn.items() if shape.area < 1}


def choose_tiles(source):
    """Choose a tile at a zoom where the layer is some tiles wide, and two at the finest that is drawn."""
    if not source:
        return [find_tile(-2.36, 51.38, FINE)]
    shapes = [shape for _, shape in sorted(source.items())]
    west, _, east, _ = shapely.total_bounds(np.array(shapes, object)).tolist()
    far = min(FINE, max(9, int(np.log2(360 * 3 / max(east - west, 1e-6)))))
    places = [shapely.point_on_surface(shapes[number * len(shapes) // 3]) for number in range(3)]
    return [
        find_tile(place.x, place.y, zoom)
        for place, zoom in zip(places, (far, FINE, FINE), strict=True)
        if not place.is_empty
    ]
