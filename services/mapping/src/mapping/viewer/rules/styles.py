"""The MapLibre style of a map: the layers below all, and the layers that the reader chooses.

MapLibre Style Specification, version 8. Labels are drawn from the reader's own fonts: there is no ``glyphs``,
and pictures are drawn by our script from their names, so there is no ``sprite`` either.
"""

from collections.abc import Sequence
from typing import Any, Final

from mapping.collections.rules.layers import Layer
from mapping.viewer.rules.symbols import BASEMAP, Symbol

Style = dict[str, Any]
SOURCE_ZOOM: Final = 16
"""The largest zoom at which tiles are read; closer, these are drawn larger."""
_FONT: Final = ["sans-serif"]
_BACKGROUND: Final = "#f3f2f1"
_INK: Final = "#0b0c0c"
_BOUNDARY: Final[Style] = {"line-color": _INK, "line-width": 2, "line-dasharray": [3, 2]}
_LINES: Final[dict[str, Style]] = {
    "watercourses": {"line-color": "#5694ca", "line-width": 1.5},
    "rail-tracks": {"line-color": "#6f777b", "line-width": 1.5, "line-dasharray": [4, 2]},
}
_ROADS: Final = ["interpolate", ["exponential", 1.6], ["zoom"]]


def make_style(council: str, layers: Sequence[Layer], symbols: dict[str, Symbol], visible: set[str]) -> Style:
    """Make the style of a council's layers, of which the named ones are visible at first."""
    by_name = {layer.name: layer for layer in layers}
    below = [by_name[name] for name in BASEMAP if name in by_name]
    parts: list[Style] = [{"id": "ground", "type": "background", "paint": {"background-color": _BACKGROUND}}]
    for layer in below:
        parts += [_finish(part, layer, "ground", is_visible=True) for part in _draw_ground(layer)]
    for layer in _sort(layers):
        drawn = _draw_overlay(symbols[layer.name])
        parts += [_finish(part, layer, "layer", is_visible=layer.name in visible) for part in drawn]
    sources = {layer.name: _make_source(council, layer) for layer in layers}
    return {"version": 8, "name": council, "sources": sources, "layers": parts}


def _make_source(council: str, layer: Layer) -> Style:
    path = f"/{council}/mapping/ogc/collections/{layer.name}/tiles/WebMercatorQuad"
    source: Style = {
        "type": "vector",
        "tiles": [f"{path}/{{z}}/{{y}}/{{x}}?v={layer.version}"],
        "maxzoom": SOURCE_ZOOM,
        "attribution": layer.attribution,
    }
    if layer.extent is not None:
        source["bounds"] = list(layer.extent)
    return source


def _sort(layers: Sequence[Layer]) -> list[Layer]:
    """Sort layers in the order in which they are drawn: areas, lines, points."""
    order = ("Polygon", "LineString", "Point")
    return sorted(layers, key=lambda layer: order.index(layer.geometry_type))


def _finish(part: Style, layer: Layer, group: str, *, is_visible: bool) -> Style:
    visibility = {"visibility": "visible" if is_visible else "none"}
    kind = part.pop("kind")
    return {
        "id": f"{group}|{layer.name}|{kind}",
        "source": layer.name,
        "source-layer": layer.name,
        **part,
        "layout": {**part.get("layout", {}), **visibility},
    }


def _draw_ground(layer: Layer) -> list[Style]:
    match layer.name:
        case "roads":
            return _draw_roads(layer)
        case "settlements":
            return [_draw_label(layer, size=13, minzoom=8)]
        case "greenspace-sites":
            return [_draw("fill", {"fill-color": "#cfe5cf"})]
        case "important-buildings":
            return [_draw("fill", {"fill-color": "#d0ccc4", "fill-outline-color": "#8a857a"}, minzoom=12)]
    return [_draw("line", _LINES.get(layer.name, _BOUNDARY))]


def _draw(kind: str, paint: Style, **others: object) -> Style:
    return {"kind": kind, "type": kind, "paint": paint, **others}


def _draw_roads(layer: Layer) -> list[Style]:
    layout = {"line-cap": "round", "line-join": "round"}
    casing = {"line-color": "#9a958c", "line-width": [*_ROADS, 10, 0.6, 14, 3, 18, 18]}
    inside = {"line-color": "#ffffff", "line-width": [*_ROADS, 10, 0.2, 14, 1.6, 18, 15]}
    return [
        {"kind": "casing", "type": "line", "layout": layout, "paint": casing},
        {"kind": "line", "type": "line", "minzoom": 11, "layout": layout, "paint": inside},
        _draw_label(layer, size=12, minzoom=14, placement="line"),
    ]


def _draw_label(layer: Layer, *, size: int, minzoom: int, placement: str = "point") -> Style:
    layout = {
        "text-field": ["to-string", ["coalesce", ["get", layer.label_property], ""]],
        "text-font": _FONT,
        "text-size": size,
        "symbol-placement": placement,
    }
    paint = {"text-color": _INK, "text-halo-color": "#ffffff", "text-halo-width": 1.5}
    return {"kind": "label", "type": "symbol", "minzoom": minzoom, "layout": layout, "paint": paint}


def _draw_overlay(symbol: Symbol) -> list[Style]:
    match symbol.shape:
        case "line":
            paint = {"line-color": symbol.colour, "line-width": 3, "line-dasharray": list(symbol.dash)}
            return [
                {"kind": "halo", "type": "line", "paint": {"line-color": "#ffffff", "line-width": 6}},
                {"kind": "line", "type": "line", "paint": paint},
                _draw_letter(symbol, placement="line"),
            ]
        case "area":
            outline = {"line-color": symbol.colour, "line-width": 2, "line-dasharray": list(symbol.dash)}
            return [
                {"kind": "fill", "type": "fill", "paint": {"fill-pattern": symbol.fill}},
                {"kind": "outline", "type": "line", "paint": outline},
                _draw_letter(symbol),
            ]
        case _:
            layout = {"icon-image": symbol.image, "icon-allow-overlap": True}
            return [{"kind": "point", "type": "symbol", "layout": layout}]


def _draw_letter(symbol: Symbol, *, placement: str = "point") -> Style:
    """Draw a layer's letter on its lines and areas: colour and pattern are not all that tells them."""
    layout = {
        "text-field": symbol.letters,
        "text-font": _FONT,
        "text-size": 14,
        "symbol-placement": placement,
        "symbol-spacing": 150,
        "text-rotation-alignment": "viewport",
    }
    paint = {"text-color": _INK, "text-halo-color": "#ffffff", "text-halo-width": 2}
    return {"kind": "letter", "type": "symbol", "layout": layout, "paint": paint}
