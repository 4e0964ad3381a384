"""The demonstration's layers, as they are read for publishing."""

import gzip
import json

import pytest
import shapely

from dev import demo_layer_files, demo_maps
from dev.geojson_arrays import read_shapes


@pytest.mark.parametrize("name", ["grit-bins", "parishes", "roads"])
def test_a_layer_is_read_as_its_json_says(name):
    properties, shapes, texts = demo_maps._read_file(demo_maps.FOLDER / "citytown" / f"{name}.geojson.gz")
    expected = demo_layer_files.read("citytown", name)
    assert properties == [row for row, _ in expected]
    assert shapely.equals_exact(shapes, [shape for _, shape in expected]).all()
    assert json.loads(texts[0]) == json.loads(shapely.to_geojson(shapes[0]))


def test_what_a_layer_is_written_as_is_read_back(tmp_path):
    row = ({"id": "1", "note": 'of "geometry": {}},'}, shapely.Point(-2.36, 51.38))
    demo_layer_files.write(tmp_path / "a.geojson.gz", [row])
    properties, shapes, _ = demo_maps._read_file(tmp_path / "a.geojson.gz")
    assert (properties, list(shapes)) == ([row[0]], [row[1]])


def test_geometries_of_all_types_are_read_from_one_list():
    square, hole = ((0, 0), (4, 0), (4, 4), (0, 0)), ((1, 0.5), (2, 0.5), (2, 1), (1, 0.5))
    polygon, other = shapely.Polygon(square, [hole]), shapely.box(5, -5.25, 6, 6.000001)
    shapes = [
        shapely.MultiPolygon([other, polygon]), None, shapely.Point(-2.5, 9.9e-05), polygon,
        shapely.LineString([(0, 1), (2, 3), (4, 5)]), shapely.MultiPoint([(1, 2), (3, 4)]), other,
        shapely.MultiLineString([((0, 1), (2, 3)), ((4, 5), (6, 7), (8, 9))]),
    ]  # fmt: skip
    texts = ["null" if shape is None else shapely.to_geojson(shape) for shape in shapes]
    assert list(read_shapes(texts)) == shapes


@pytest.mark.long
@pytest.mark.parametrize("entry", demo_maps.list_entries(), ids=lambda entry: entry["file"])
def test_only_layers_that_say_so_have_crossing_polygons(entry):
    features = demo_maps.read_features(entry, mend=False)
    valid = shapely.is_valid([feature.geometry for feature in features]).all()
    assert bool(valid) is not entry.get("mend", False)


def test_a_file_of_another_writer_is_refused(tmp_path):
    file = tmp_path / "a.geojson.gz"
    feature = {"type": "Feature", "geometry": None, "properties": {}}
    with gzip.open(file, "wt") as lines:
        lines.write(json.dumps(feature, separators=(",", ":")) + "\n")
    with pytest.raises(ValueError, match="did not write"):
        demo_maps._read_file(file)
