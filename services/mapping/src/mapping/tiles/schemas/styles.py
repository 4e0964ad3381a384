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
_SIGNS = {"square": "\u25a0", "triangle": "\u25b2", "diamond": "\u25c6", "cross": "\u271a"}
_LABELLED = {"areas", "places"}
_EARLIER = 1  # a tile is drawn 512 pixels wide: its zoom is one less than that of tiles 256 pixels wide
_LABELS_FROM = {"areas": 9, "zones": 12, "places": 11, "lines": 14, "assets": 16}


def make_style(
    name: str, layers: Sequence[Layer], audience: Audience, sources: Mapping[str, str]
) -> dict[str, Any]:
    """Make the style of layers; ``sources`` are their TileJSON's addresses by name."""
    drawn = sorted(layers, key=lambda layer: (_ORDER[layer.geometry_type], layer.kind != "areas", layer.name))
    extent = find_extent(layers)
    shapes = [entry for layer in drawn for entry in _draw(layer)]
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


def _draw(layer: Layer) -> Iterator[dict[str, Any]]:
    """Draw a layer's shapes: by its own MapLibre layers (``style.layers``) or by its kind and geometry."""
    entries = layer.style.get("layers")
    if isinstance(entries, list) and entries:
        for number, entry in enumerate(each for each in entries if isinstance(each, dict)):
            yield {**entry, **_place(layer, str(entry.get("id", number)))}
    elif layer.geometry_type == "Polygon":
        usual = 0.05 if layer.kind == "areas" else 0.25
        fill = {"fill-color": _colour(layer), "fill-opacity": _number(layer, "fill_opacity", usual)}
        yield {**_place(layer, "fill"), "type": "fill", "paint": fill}
        yield {**_place(layer, "outline"), "type": "line", "paint": _line(layer, 1.5)}
    elif layer.geometry_type == "LineString":
        cap = {"line-cap": "butt" if "dash" in layer.style else "round"}
        yield {**_place(layer, "line"), "type": "line", "layout": cap, "paint": _line(layer, 2.0)}
    else:
        yield from _draw_points(layer)


def _draw_points(layer: Layer) -> Iterator[dict[str, Any]]:
    """Draw points as circles, or as a sign of another shape: what differs by colour differs by shape too."""
    symbol = str(layer.style.get("symbol", "circle"))
    if symbol in _SIGNS:
        layout = {
            "text-field": _SIGNS[symbol],
            "text-font": _FONTS,
            "text-size": ["interpolate", ["linear"], ["zoom"], 9, 8, 16, 20],
            "text-allow-overlap": True,
            "text-ignore-placement": True,
        }
        paint = {"text-color": _colour(layer), "text-halo-color": _WHITE, "text-halo-width": 1.5}
        yield {**_place(layer, "point"), "type": "symbol", "layout": layout, "paint": paint}
    elif symbol != "none":
        yield {**_place(layer, "point"), "type": "circle", "paint": _circle(layer)}


def _colour(layer: Layer) -> Any:
    """Choose the colour of features: by a property, the layer's own, or one by its name."""
    usual = str(layer.style.get("colour") or _COLOURS[sum(layer.name.encode()) % len(_COLOURS)])
    by = layer.style.get("by")
    values = by.get("values") if isinstance(by, dict) else None
    if not isinstance(by, dict) or not isinstance(values, dict) or not values:
        return usual
    pairs = [part for value, colour in values.items() for part in (str(value), str(colour))]
    return ["match", ["to-string", ["get", str(by.get("property", ""))]], *pairs, usual]


def _number(layer: Layer, name: str, usual: float) -> float:
    value = layer.style.get(name)
    return value if isinstance(value, int | float) else usual


def _place(layer: Layer, part: str) -> dict[str, Any]:
    first = _number(layer, "min_zoom", 0)
    name = f"{layer.name}-{part}"
    return {"id": name, "source": layer.name, "source-layer": layer.name, "minzoom": max(first - _EARLIER, 0)}


def _line(layer: Layer, usual: float) -> Paint:
    width = _number(layer, "line_width", usual)
    widths = ["interpolate", ["linear"], ["zoom"], 9, width / 2, 16, width * 1.5]
    dash = layer.style.get("dash")
    dashes = {"line-dasharray": dash} if isinstance(dash, list) and dash else {}
    return {"line-color": _colour(layer), "line-width": widths, **dashes}


def _circle(layer: Layer) -> Paint:
    return {
        "circle-color": _colour(layer),
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 1.5, 16, 7],
        "circle-stroke-color": _WHITE,
        "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 9, 0, 14, 1.5],
    }


def _label(layer: Layer, audience: Audience) -> dict[str, Any] | None:
    """Label the features of a layer with the property that names them, if its audience may see that."""
    names = {each.name for each in layer.visible_properties(audience)}
    if layer.label_property not in names or not layer.style.get("label", layer.kind in _LABELLED):
        return None
    layout: Paint = {
        "text-field": ["to-string", ["get", layer.label_property]],
        "text-font": _FONTS,
        "text-size": 13,
        "text-max-width": 8,
    }
    if layer.geometry_type == "LineString":
        layout["symbol-placement"] = "line"
    elif layer.geometry_type == "Point" and layer.style.get("symbol") != "none":
        layout |= {"text-anchor": "top", "text-offset": [0, 0.6]}
    paint = {"text-color": _BLACK, "text-halo-color": _WHITE, "text-halo-width": 1.5}
    place = _place(layer, "label")
    first = max(place["minzoom"], _LABELS_FROM[layer.kind])
    return {**place, "type": "symbol", "minzoom": first, "layout": layout, "paint": paint}
