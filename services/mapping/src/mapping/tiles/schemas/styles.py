"""A MapLibre style (version 8) of layers: each drawn as its ``style`` says, or as its kind is usually drawn.

The style names no glyphs: MapLibre GL JS 5.11 and later then draws text with the fonts of the reader's own
machine. No font file is served, and none is asked of a third party. There is no sprite: symbols are circles
and text.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mapping.collections.rules.layers import Audience, Layer
from mapping.tiles.schemas.tile_sets import find_extent

Paint = dict[str, Any]
_BLUE, _GREEN, _PURPLE, _BROWN, _TEAL, _BLACK, _WHITE = (
    "#1d70b8", "#00703c", "#4c2c92", "#594d00", "#00625c", "#0b0c0c", "#ffffff",
)  # fmt: skip
_COLOURS: Final = (_BLUE, _GREEN, _PURPLE, _BROWN, _TEAL)
_ORDER = {"Polygon": 0, "LineString": 1, "Point": 2}
_FONTS = ["sans-serif"]
_LABELS_FROM = {"areas": 9, "zones": 12, "places": 11, "lines": 14, "assets": 16}


def make_style(
    name: str, layers: Sequence[Layer], audience: Audience, sources: Mapping[str, str]
) -> dict[str, Any]:
    """Make the style of layers; ``sources`` are their TileJSON's addresses by name."""
    drawn = sorted(layers, key=lambda layer: (_ORDER[layer.geometry_type], layer.kind != "areas", layer.name))
    extent = find_extent(layers)
    shapes = [entry for layer in drawn for entry in _draw(layer, _choose_colour(layer))]
    labels = [label for layer in drawn if (label := _label(layer, audience))]
    return {
        "version": 8,
        "name": name,
        "center": [(extent.west + extent.east) / 2, (extent.south + extent.north) / 2],
        "zoom": 10,
        "sources": {
            layer.name: {"type": "vector", "url": sources[layer.name], "promoteId": "id"} for layer in layers
        },
        "layers": [
            {"id": "background", "type": "background", "paint": {"background-color": "#f3f2f1"}},
            *shapes,
            *labels,
        ],
    }


def _choose_colour(layer: Layer) -> str:
    """Choose a colour of 3:1 or more against the background, the same for a layer wherever it is shown."""
    colour = layer.style.get("color", layer.style.get("colour"))
    return str(colour) if colour else _COLOURS[sum(layer.name.encode()) % len(_COLOURS)]


def _draw(layer: Layer, colour: str) -> Iterator[dict[str, Any]]:
    """Draw a layer as its own style says: MapLibre layers without their source; else by its geometry."""
    entries = layer.style.get("layers")
    if isinstance(entries, list) and entries:
        for number, entry in enumerate(each for each in entries if isinstance(each, dict)):
            yield {**entry, **_place(layer, str(entry.get("id", number)))}
        return
    if layer.geometry_type == "Polygon":
        fill = {"fill-color": colour, "fill-opacity": 0.08 if layer.kind == "areas" else 0.3}
        yield {**_place(layer, "fill"), "type": "fill", "paint": fill}
        yield {**_place(layer, "outline"), "type": "line", "paint": _line(colour, 0.6, 2.0)}
    elif layer.geometry_type == "LineString":
        yield {
            **_place(layer, "line"),
            "type": "line",
            "layout": {"line-cap": "round"},
            "paint": _line(colour, 0.5, 4.0),
        }
    else:
        yield {**_place(layer, "point"), "type": "circle", "paint": _circle(colour)}


def _place(layer: Layer, part: str) -> dict[str, Any]:
    return {"id": f"{layer.name}-{part}", "source": layer.name, "source-layer": layer.name}


def _line(colour: str, thin: float, thick: float) -> Paint:
    return {"line-color": colour, "line-width": ["interpolate", ["linear"], ["zoom"], 9, thin, 16, thick]}


def _circle(colour: str) -> Paint:
    return {
        "circle-color": colour,
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 1.5, 16, 7],
        "circle-stroke-color": _WHITE,
        "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 9, 0, 14, 1.5],
    }


def _label(layer: Layer, audience: Audience) -> dict[str, Any] | None:
    """Label the features of a layer with the property that names them, if its audience may see that."""
    names = {each.name for each in layer.visible_properties(audience)}
    if layer.label_property not in names or layer.style.get("labels") is False:
        return None
    layout: Paint = {
        "text-field": ["to-string", ["get", layer.label_property]],
        "text-font": _FONTS,
        "text-size": 13,
        "text-max-width": 8,
    }
    if layer.geometry_type == "LineString":
        layout["symbol-placement"] = "line"
    elif layer.geometry_type == "Point":
        layout |= {"text-anchor": "top", "text-offset": [0, 0.6]}
    return {
        **_place(layer, "label"),
        "type": "symbol",
        "minzoom": _LABELS_FROM[layer.kind],
        "layout": layout,
        "paint": {"text-color": _BLACK, "text-halo-color": _WHITE, "text-halo-width": 1.5},
    }
