"""The demonstration's layers, as they are read for publishing."""

import gzip
import json

import pytest
import shapely

from dev import demo_layer_files, demo_maps


@pytest.mark.parametrize("name", ["grit-bins", "parishes", "roads"])
def test_a_layer_is_read_as_its_json_says(name):
    properties, shapes = demo_maps._read_file(demo_maps.FOLDER / "citytown" / f"{name}.geojson.gz")
    expected = demo_layer_files.read("citytown", name)
    assert properties == [row for row, _ in expected]
    assert shapely.equals_exact(shapes, [shape for _, shape in expected]).all()


def test_what_a_layer_is_written_as_is_read_back(tmp_path):
    row = ({"id": "1", "note": 'of "geometry": {}},'}, shapely.Point(-2.36, 51.38))
    demo_layer_files.write(tmp_path / "a.geojson.gz", [row])
    properties, shapes = demo_maps._read_file(tmp_path / "a.geojson.gz")
    assert (properties, list(shapes)) == ([row[0]], [row[1]])


def test_a_file_of_another_writer_is_refused(tmp_path):
    file = tmp_path / "a.geojson.gz"
    feature = {"type": "Feature", "geometry": None, "properties": {}}
    with gzip.open(file, "wt") as lines:
        lines.write(json.dumps(feature, separators=(",", ":")) + "\n")
    with pytest.raises(ValueError, match="did not write"):
        demo_maps._read_file(file)
