"""Areas' shapes: their measures, their relations to others, and KML."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from mapping.shared.coordinates import Crs, transform

Predicate = Callable[[BaseGeometry, NDArray[Any]], NDArray[np.bool_]]
RELATIONS: Mapping[str, Predicate] = {
    "touches": shapely.touches,
    "overlaps": shapely.overlaps,
    "covers": shapely.covers,  # areas that it covers
    "covered": shapely.covered_by,  # areas that cover it
    "coverlaps": lambda area, others: shapely.overlaps(area, others) | shapely.covers(area, others),
    "intersects": shapely.intersects,
}
_KML = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">{}</kml>\n'

_WIDE, _HIGH = 640.0, 480.0  # of a drawing, at most


class Outline(NamedTuple):
    """A shape in a drawing: the data of an SVG path, and where its number stands."""

    path: str
    x: float
    y: float


class Drawing(NamedTuple):
    """Shapes side by side, north up."""

    width: float
    height: float
    outlines: Sequence[Outline]


def draw(shapes: Sequence[BaseGeometry]) -> Drawing:
    """Draw shapes of one flat coordinate system, each simplified to half a unit of the drawing."""
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object)).tolist()
    scale = min(_WIDE / max(east - west, 1e-9), _HIGH / max(north - south, 1e-9))

    def to_drawing(pairs: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([(pairs[:, 0] - west) * scale, (north - pairs[:, 1]) * scale])

    outlines = []
    for shape in shapes:
        flat = shapely.simplify(shapely.transform(shape, to_drawing), 0.5)
        anchor = shapely.point_on_surface(flat)
        outlines.append(Outline(_to_path(flat), round(anchor.x, 1), round(anchor.y, 1)))
    return Drawing(round((east - west) * scale, 1), round((north - south) * scale, 1), outlines)


def _to_path(shape: BaseGeometry) -> str:
    rings = shapely.get_rings(shapely.get_parts(shape))
    texts = (
        " ".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(ring).tolist()) for ring in rings
    )
    return " ".join(f"M{text}Z" for text in texts)


def convert(geometry: BaseGeometry, source: Crs, target: Crs) -> BaseGeometry:
    """Convert one geometry. Raises OutsideGreatBritainError."""
    (converted,) = transform(np.array([geometry], dtype=object), source, target).tolist()
    shape: BaseGeometry = converted
    return shape


def simplify(geometry: BaseGeometry, tolerance: float) -> BaseGeometry | None:
    """Simplify a shape by units of its own coordinates, topology not kept; None: nothing was left."""
    if not tolerance:
        return geometry
    simple = shapely.simplify(geometry, tolerance, preserve_topology=False)
    return None if simple.is_empty else simple


def measure(grid: BaseGeometry, degrees: BaseGeometry) -> dict[str, Any]:
    """Measure an area by its shape on the National Grid (metres) and in degrees."""
    west, south, east, north = grid.bounds
    min_lon, min_lat, max_lon, max_lat = degrees.bounds
    centre, centre_degrees = grid.centroid, degrees.centroid
    return {
        "parts": shapely.get_num_geometries(grid).item(),
        "srid_en": Crs.BNG.srid,
        "area": grid.area,
        "min_e": west,
        "min_n": south,
        "max_e": east,
        "max_n": north,
        "centre_e": centre.x,
        "centre_n": centre.y,
        "min_lon": min_lon,
        "min_lat": min_lat,
        "max_lon": max_lon,
        "max_lat": max_lat,
        "centre_lon": centre_degrees.x,
        "centre_lat": centre_degrees.y,
    }


def write_kml(areas: Iterable[tuple[str, BaseGeometry]]) -> str:
    """Write named shapes (degrees) as KML, a placemark each; one stands alone, several in a folder."""
    placemarks = [
        f"<Placemark><name>{escape(name)}</name>{_to_kml(geometry)}</Placemark>" for name, geometry in areas
    ]
    if len(placemarks) == 1:
        return _KML.format(placemarks[0])
    return _KML.format(f"<Folder>{''.join(placemarks)}</Folder>")


def _to_kml(geometry: BaseGeometry) -> str:
    parts = [_part_to_kml(part) for part in shapely.get_parts(geometry)]
    return parts[0] if len(parts) == 1 else f"<MultiGeometry>{''.join(parts)}</MultiGeometry>"


def _part_to_kml(part: BaseGeometry) -> str:
    if isinstance(part, shapely.Polygon):
        inner = "".join(f"<innerBoundaryIs>{_ring(ring)}</innerBoundaryIs>" for ring in part.interiors)
        return f"<Polygon><outerBoundaryIs>{_ring(part.exterior)}</outerBoundaryIs>{inner}</Polygon>"
    tag = "Point" if isinstance(part, shapely.Point) else "LineString"
    return f"<{tag}><coordinates>{_coordinates(part)}</coordinates></{tag}>"


def _ring(ring: BaseGeometry) -> str:
    return f"<LinearRing><coordinates>{_coordinates(ring)}</coordinates></LinearRing>"


def _coordinates(geometry: BaseGeometry) -> str:
    pairs = shapely.get_coordinates(geometry).tolist()
    return " ".join(f"{lon:.6f},{lat:.6f}" for lon, lat in pairs)
