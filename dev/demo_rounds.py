"""Divide the demonstration councils into invented bin rounds and polling districts."""

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from dev.demo_layer_files import FOLDER, Feature, Points, list_points, read, to_plane

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def divide(area: BaseGeometry, points: Points, parts: int) -> list[BaseGeometry]:
    """Divide an area (metres) into parts about as full of points each, from north-west to south-east."""
    if parts == 1:
        return [area]
    centres = points[np.linspace(0, len(points) - 1, parts).astype(int)]
    for _ in range(12):
        nearest = np.argmin(((points[:, None] - centres[None]) ** 2).sum(axis=2), axis=1)
        groups = (points[nearest == index] for index in range(parts))
        centres = np.array(
            [group.mean(axis=0) if len(group) else centres[i] for i, group in enumerate(groups)]
        )
    ordered = centres[np.lexsort((centres[:, 0], -np.round(centres[:, 1], -3)))]
    cells = shapely.voronoi_polygons(
        shapely.MultiPoint(ordered), extend_to=area.envelope.buffer(1000), ordered=True
    )
    clipped = (shapely.intersection(cell, area) for cell in cells.geoms)
    return [_keep_polygons(part) for part in clipped if not part.is_empty]


def _keep_polygons(geometry: BaseGeometry) -> BaseGeometry:
    """Drop the lines and points that a clip leaves."""
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def make_bin_rounds(council: str) -> Iterator[Feature]:
    """Divide the council into twenty rounds: five days of two weeks, two crews each."""
    (_, boundary), *_ = read(council, "council-boundary")
    to_metres, to_degrees = to_plane(boundary.centroid.y)
    points = to_metres(list_points(read(council, "postcodes")))
    for index, part in enumerate(divide(shapely.transform(boundary, to_metres), points, 20)):
        day, week = DAYS[index % 5], "AB"[index // 5 % 2]
        properties = {
            "reference": f"R{index + 1:02d}",
            "name": f"Round {index + 1}: {day}, week {week}",
            "day": day,
            "week": week,
            "crew": index // 10 + 1,
            "recycling": "Every week",
        }
        yield properties, shapely.transform(part, to_degrees)


def make_polling_districts(council: str) -> Iterator[Feature]:
    """Divide each ward into polling districts of about 40 postcodes, by letters of the ward and a number."""
    codes = read(council, "postcodes")
    places = [each for each in read_places(council) if each[0]["name"]]
    where = list_points(codes)
    for number, (ward, polygon) in enumerate(read(council, "wards")):
        inside = where[shapely.contains_xy(polygon, where)]
        to_metres, to_degrees = to_plane(polygon.centroid.y)
        parts = max(1, min(6, len(inside) // 40))
        area = shapely.transform(polygon, to_metres)
        for index, part in enumerate(divide(area, to_metres(inside), parts)):
            shape = shapely.transform(part, to_degrees)
            properties = {
                "reference": f"{chr(65 + number // 26)}{chr(65 + number % 26)}{index + 1}",
                "name": f"{ward['name']} {index + 1}",
                "ward_code": ward["gss"],
                "polling_place": _name_nearest(places, shape),
            }
            yield properties, shape


def read_places(council: str) -> list[Feature]:
    """Read what may serve as a polling place; none where the council has no such layer."""
    if not (FOLDER / council / "functional-sites.geojson.gz").exists():
        return []
    return [each for each in read(council, "functional-sites") if each[0]["theme"] == "Education"]


def _name_nearest(places: Sequence[Feature], area: BaseGeometry) -> str | None:
    if not places:
        return None
    centre = area.representative_point()
    return str(min(places, key=lambda each: each[1].distance(centre))[0]["name"])
