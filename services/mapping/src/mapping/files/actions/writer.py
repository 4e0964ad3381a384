"""Write rows as GeoPackage, GeoJSON or CSV. In a child process only."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyogrio
import shapely

from chassis.spreadsheets import write_cell
from mapping.files.actions.rows import read_rows
from mapping.files.rules.formats import Format
from mapping.files.rules.reports import LONGITUDE_LATITUDE, NATIONAL_GRID, FileRow, WriteRequest

_CRS = {NATIONAL_GRID: "EPSG:27700", LONGITUDE_LATITUDE: "EPSG:4326"}
_POINT_COLUMNS = {NATIONAL_GRID: ("easting", "northing"), LONGITUDE_LATITUDE: ("longitude", "latitude")}
_DTYPES = {"integer": np.int64, "number": np.float64, "boolean": np.bool_}
_BATCH = 50_000


def write_rows(request: WriteRequest) -> int:
    """Write a file. Return how many rows it has. Raises ValueError for a format that is not written."""
    form = Format(request.format)
    if form is Format.GEOPACKAGE:
        return _write_geopackage(request)
    write = {Format.GEOJSON: _write_geojson, Format.CSV: _write_csv}.get(form)
    if write is None:
        raise ValueError(f"{form} is not written")
    with Path(request.out).open("w", encoding="utf-8", newline="") as out:
        return write(request, out)


def _write_geopackage(request: WriteRequest) -> int:
    """Write a GeoPackage: each batch is appended, with an index over all at the end."""
    count = 0
    for batch in read_rows(Path(request.rows), _BATCH):
        _append(request, batch, first=count == 0)
        count += len(batch)
    if count == 0:
        _append(request, [], first=True)
    return count


def _append(request: WriteRequest, batch: list[FileRow], *, first: bool) -> None:
    names = ["id", *(field["name"] for field in request.fields)]
    kinds = ["string", *(field["type"] for field in request.fields)]
    values: list[list[Any]] = [[row.fid for row in batch]]
    values += [[row.properties.get(name) for row in batch] for name in names[1:]]
    pairs = [_make_column(column, kind) for column, kind in zip(values, kinds, strict=True)]
    geometry = shapely.from_wkb(np.array([row.wkb for row in batch], dtype=object))
    pyogrio.raw.write(
        request.out,
        shapely.to_wkb(_to_multiple(geometry)),
        [column for column, _ in pairs],
        names,
        field_mask=[mask for _, mask in pairs],
        layer=request.layer,
        driver="GPKG",
        crs=_CRS[request.srid],
        geometry_type="Point" if request.geometry_type == "Point" else f"Multi{request.geometry_type}",
        append=not first,
        promote_to_multi=False,
        layer_options={"DESCRIPTION": request.title, "IDENTIFIER": request.title} if first else None,
    )


def _to_multiple(geometries: Any) -> Any:
    """Make lines and areas multiple, as a layer of a GeoPackage has one type; multipoints stay."""
    kinds = shapely.get_type_id(geometries)
    for kind, collect in ((1, shapely.multilinestrings), (3, shapely.multipolygons)):
        for index in np.flatnonzero(kinds == kind):
            geometries[index] = collect([geometries[index]])
    return geometries


def _make_column(values: list[Any], kind: str) -> tuple[Any, Any]:
    """Make a column and the mask of what is missing in it."""
    missing = np.array([value is None for value in values], dtype=bool)
    if kind in ("date", "date-time"):
        unit = "datetime64[D]" if kind == "date" else "datetime64[ms]"
        return np.array([_to_naive(value) for value in values], dtype=unit), missing
    if kind in _DTYPES:
        return np.array([0 if value is None else value for value in values], dtype=_DTYPES[kind]), missing
    return np.array([None if value is None else str(value) for value in values], dtype=object), missing


def _to_naive(value: Any) -> str:
    """Cut the zone from a time in UTC, which numpy takes none of."""
    return "NaT" if value is None else str(value).removesuffix("Z").removesuffix("+00:00")


def _write_geojson(request: WriteRequest, out: IO[str]) -> int:
    count = 0
    head = json.dumps({"type": "FeatureCollection", "name": request.layer}, ensure_ascii=False)
    out.write(head[:-1] + ', "features": [')
    for batch in read_rows(Path(request.rows)):
        shapes = shapely.to_geojson(_round(shapely.from_wkb([row.wkb for row in batch])))
        for row, shape in zip(batch, shapes.tolist(), strict=True):
            feature = json.dumps(
                {"type": "Feature", "id": row.fid, "properties": row.properties}, ensure_ascii=False
            )
            out.write(f'{"," if count else ""}\n{feature[:-1]}, "geometry": {shape or "null"}}}')
            count += 1
    out.write("\n]}\n")
    return count


def _round(geometries: Any) -> Any:
    present = ~shapely.is_missing(geometries)
    geometries[present] = shapely.transform(geometries[present], lambda points: np.round(points, 7))
    return geometries


def _write_csv(request: WriteRequest, out: IO[str]) -> int:
    """Write a table with a mark of UTF-8 in front, without which Excel spoils Welsh names."""
    names = [field["name"] for field in request.fields]
    places = _POINT_COLUMNS[request.srid] if request.geometry_type == "Point" else ("geometry",)
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(map(write_cell, ["id", *names, *places]))
    count = 0
    for batch in read_rows(Path(request.rows)):
        for row, cells in zip(batch, _write_places(request, batch), strict=True):
            values = (row.properties.get(name) for name in names)
            writer.writerow([write_cell(row.fid), *map(write_cell, values), *cells])
        count += len(batch)
    return count


def _write_places(request: WriteRequest, batch: list[FileRow]) -> Iterator[tuple[Any, ...]]:
    geometries = shapely.from_wkb([row.wkb for row in batch])
    decimals = 3 if request.srid == NATIONAL_GRID else 7
    if request.geometry_type != "Point":
        for geometry in geometries:
            yield ("" if geometry is None else shapely.to_wkt(geometry, rounding_precision=decimals),)
        return
    middles = shapely.centroid(geometries)  # of points that are many
    for x, y in zip(shapely.get_x(middles).tolist(), shapely.get_y(middles).tolist(), strict=True):
        yield ("", "") if x != x else (round(x, decimals), round(y, decimals))  # noqa: PLR0124
