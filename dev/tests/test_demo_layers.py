"""The demonstration's layers are what their manifest says, and the invented ones come out the same again."""

import json
import re
from typing import Any

import pytest
import shapely

from dev.demo_layer_files import FOLDER, MANIFEST, read, write
from dev.demo_layers import MAKERS

LAYERS: list[dict[str, Any]] = json.loads(MANIFEST.read_text())["layers"]
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "date": str,
}
SHAPES = {"Point": {"Point"}, "LineString": {"LineString", "MultiLineString"}}
POLYGONS = {"Polygon", "MultiPolygon"}
SMALL = [layer for layer in LAYERS if layer["council"] != "*"]
NAMES = [f"{layer['council']}-{layer['name']}" for layer in SMALL]


def test_every_layer_has_a_name_of_its_own() -> None:
    names = [(layer["council"], layer["name"]) for layer in LAYERS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]{1,60}", name) for _, name in names)
    citytown = [layer for layer in LAYERS if layer["council"] == "citytown"]
    assert sum(not layer["synthetic"] for layer in citytown) == 35


def test_every_file_is_in_the_manifest() -> None:
    files = {str(file.relative_to(FOLDER)) for file in FOLDER.glob("*/*.geojson.gz")}
    assert files == {layer["file"] for layer in LAYERS}


@pytest.mark.parametrize("layer", SMALL, ids=NAMES)
def test_a_file_is_what_its_manifest_says(layer: dict[str, Any]) -> None:
    features = read(layer["council"], layer["name"])
    assert len(features) == layer["features"]
    keys = [str(properties[layer["key_property"]]) for properties, _ in features]
    assert len(set(keys)) == len(keys)
    names = [each["name"] for each in layer["properties"]]
    assert {layer["key_property"], layer["label_property"]} <= set(names)
    for properties, geometry in features:
        assert list(properties) == names or set(properties) == set(names)
        assert geometry.geom_type in SHAPES.get(layer["geometry_type"], POLYGONS)
        for each in layer["properties"]:
            value = properties[each["name"]]
            assert value is None or isinstance(value, TYPES[each["type"]]), (each, value)
            assert value is not None or not each.get("required")


def test_what_is_invented_says_so() -> None:
    for layer in LAYERS:
        assert layer["synthetic"] == layer["title"].endswith("(synthetic)")
        assert layer["attribution"]
        assert layer["licence"]
        assert layer["vintage"]


@pytest.mark.parametrize("name", ["bin-rounds", "tree-preservation-zones", "conservation-area-documents"])
def test_an_invented_layer_comes_out_the_same(name: str, tmp_path: Any) -> None:
    write(tmp_path / "again.gz", MAKERS[name]("citytown"))
    write(tmp_path / "kept.gz", read("citytown", name))
    assert (tmp_path / "again.gz").read_bytes() == (tmp_path / "kept.gz").read_bytes()


@pytest.mark.parametrize("name", ["bin-rounds", "polling-districts"])
def test_divisions_leave_no_gap_and_no_overlap(name: str) -> None:
    polygons = [geometry for _, geometry in read("citytown", name)]
    whole = shapely.union_all(polygons).area
    assert whole == pytest.approx(sum(polygon.area for polygon in polygons), rel=1e-5)
    ((_, boundary),) = read("citytown", "council-boundary")
    assert whole == pytest.approx(boundary.area, rel=1e-4)
