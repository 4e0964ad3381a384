"""Read GeoJSON, GeoPackage, Shapefile, MapInfo TAB and File Geodatabase by GDAL. In a child process only.

Importing pyogrio registers GDAL's drivers, so the environment must be set before: ``reader_process`` does.
"""

import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyogrio.errors
import pyproj
import shapely

from mapping.files.rules import texts
from mapping.files.rules.formats import DRIVERS, Format
from mapping.files.rules.limits import FileRefusedError, Limits
from mapping.files.rules.raw import RawBatch
from mapping.files.rules.reference_systems import Bounds
from mapping.files.rules.reports import FileReport, ReadRequest

_BATCH = 5_000
_CHUNK = 1_048_576
_LATIN = "ISO-8859-1"
_TYPES = {
    "OFTInteger": "integer",
    "OFTInteger64": "integer",
    "OFTReal": "number",
    "OFTDate": "date",
    "OFTDateTime": "date-time",
}
_NO_DATE = ("1899-12-30", "0000")
_CURVES = (
    "SELECT count(*) FROM gpkg_geometry_columns WHERE geometry_type_name LIKE '%CURVE%'"
    " OR geometry_type_name IN ('CIRCULARSTRING', 'MULTISURFACE')",
    "SELECT count(*) FROM gpkg_extensions WHERE extension_name LIKE 'gpkg_geom_C%'",
)
_VERSIONS, _WAL = slice(18, 20), 2  # of SQLite's header: of the formats for writing and reading; 2: WAL
_WRITE_AHEAD = (
    "The GeoPackage was open for writing when it was saved: its last changes may lie in a -wal file beside"
    " it, which did not come along. Close it in your GIS and send it again, or pack both files into one zip."
)
_CUT_NAME = 10  # characters of a Shapefile's field name


_ALLOWED = frozenset(DRIVERS.values())


def check_drivers() -> None:
    """Check that GDAL has the drivers that are taken, and no other. Raises RuntimeError."""
    drivers = set(pyogrio.list_drivers())
    if drivers - _ALLOWED:
        raise RuntimeError(f"GDAL has drivers that are not taken: {sorted(drivers - _ALLOWED)}")


class GdalFile:
    """An open file of one of GDAL's formats."""

    def __init__(
        self, path: Path, form: Format, request: ReadRequest, limits: Limits, report: FileReport
    ) -> None:
        self._path, self._form, self._limits, self._report = path, form, limits, report
        self._encoding = _find_encoding(path, form, request, report)  # before GDAL makes a missing index
        if form is Format.GEOPACKAGE and _lacks_log(path):  # before GDAL makes an empty one
            report.note("write-ahead", _WRITE_AHEAD, guess=True)
        self._layer = _choose_layer(path, request, report)
        info = self._inspect()
        self.declared = _read_epsg(info["crs"])
        self._names = [self._decode(name) for name in info["fields"]]
        kinds = zip(info["ogr_types"], info["ogr_subtypes"], strict=True)
        self._kinds = [_to_type(kind, subtype) for kind, subtype in kinds]
        pairs = zip(self._names, self._kinds, strict=True)
        self.fields = [{"name": name, "type": kind} for name, kind in pairs if kind != "binary"]
        self.total: int | None = int(info["features"])
        bounds = info["total_bounds"]
        self._bounds = None if bounds is None or not np.isfinite(bounds).all() else tuple(map(float, bounds))
        self._describe(info)

    def _inspect(self) -> dict[str, Any]:
        options: dict[str, Any] = {"layer": self._layer, "encoding": _LATIN if self._encoding else None}
        try:
            info: dict[str, Any] = pyogrio.read_info(
                self._path, **options, force_feature_count=True, force_total_bounds=True
            )
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            raise _unreadable(self._form, error) from None
        if info["features"] > self._limits.features:
            raise FileRefusedError(
                "too-many-features",
                f"The file has {info['features']:,} rows, and {self._limits.features:,} may be.",
            )
        if len(info["fields"]) > self._limits.fields:
            raise FileRefusedError("too-many-fields", f"The file has {len(info['fields'])} fields.")
        return info

    def _describe(self, info: dict[str, Any]) -> None:
        report = self._report
        if self._form is Format.SHAPEFILE:
            cut = [name for name in self._names if len(name) >= _CUT_NAME]
            if cut:
                detail = f"A Shapefile cuts the names of fields to 10 characters: {', '.join(cut[:20])}."
                report.note("names-cut", detail)
        if "binary" in self._kinds:
            report.note("binary-left-out", "Fields with binary content were left out.")
        if "Curve" in str(info["geometry_type"]) or _has_curves(self._path, self._form):
            report.note("curves-straightened", "Curves were straightened: circles have many corners now.")

    def measure(self) -> Bounds | None:
        """Return the bounds that GDAL measured."""
        return self._bounds  # type: ignore[return-value]  # four numbers

    def read(self) -> Iterator[RawBatch]:
        """Read the rows in batches."""
        for start in range(0, self.total or 0, _BATCH):
            try:
                _, fids, geometry, columns = pyogrio.raw.read(
                    self._path,
                    layer=self._layer,
                    encoding=_LATIN if self._encoding else None,
                    skip_features=start,
                    max_features=_BATCH,
                    return_fids=True,
                    datetime_as_string=True,
                )
            except (pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, ValueError) as error:
                raise _unreadable(self._form, error) from None
            if len(fids) == 0:
                return
            yield self._make_batch(start + 1, fids, geometry, columns)

    def _make_batch(self, first: int, fids: Any, wkb: Any, columns: list[Any]) -> RawBatch:
        count = len(fids)
        geometries = np.full(count, None, dtype=object)
        problems: dict[int, tuple[str, str]] = {}
        if wkb is not None:
            geometries = shapely.from_wkb(wkb, on_invalid="fix")
            for index in np.flatnonzero(shapely.is_missing(geometries)).tolist():
                if wkb[index] is not None:
                    problems[index] = ("unreadable-geometry", "Its shape cannot be read.")
        values = [
            self._convert(column, kind)
            for column, kind in zip(columns, self._kinds, strict=True)
            if kind != "binary"
        ]
        names = [field["name"] for field in self.fields]
        rows = zip(*values, strict=True) if values else ((),) * count
        properties = [dict(zip(names, row, strict=True)) for row in rows]
        return RawBatch(first, self._name_rows(fids, properties), geometries, properties, problems)

    def _name_rows(self, fids: Any, properties: list[dict[str, Any]]) -> list[str | None]:
        """Name rows by the file's own ids: GDAL's number of a row that has none is chance."""
        if self._form is Format.GEOPACKAGE:
            return [str(fid) for fid in fids.tolist()]
        if self._form is Format.GEOJSON and "id" in self._names:
            return [None if (fid := row["id"]) is None else str(fid) for row in properties]
        return [None] * len(fids)

    def _convert(self, column: Any, kind: str) -> list[Any]:
        values = column.tolist()
        if kind in ("integer", "boolean", "number"):
            convert: Any = {"integer": int, "boolean": bool, "number": float}[kind]
            return [None if v is None or (v != v) or math.isinf(v) else convert(v) for v in values]  # noqa: PLR0124
        if kind in ("date", "date-time"):
            return [self._check_date(value) for value in values]
        return [self._decode(value) if isinstance(value, str) else _to_text(value) for value in values]

    def _check_date(self, value: Any) -> str | None:
        text = None if value is None else str(value)
        if text is None or text == "NaT":
            return None
        if text.startswith(_NO_DATE):
            self._report.note(
                "no-date", "Dates such as 30 December 1899 stand for no date, and were left empty."
            )
            return None
        return text

    def _decode(self, text: str) -> str:
        return texts.redecode(text, self._encoding) if self._encoding else text


def _choose_layer(path: Path, request: ReadRequest, report: FileReport) -> str:
    """Choose the layer: the named one, or the only one with places. Raises FileRefusedError."""
    try:
        pairs = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise _unreadable(None, error) from None
    report.layers = [{"name": name, "geometry_type": kind} for name, kind in pairs]
    names = [name for name, kind in pairs if kind is not None]
    if request.layer is not None:
        if request.layer in names:
            return request.layer
        raise FileRefusedError(
            "unknown-layer", "The file has no such layer with places.", tuple(report.layers)
        )
    if not names:
        raise FileRefusedError(
            "no-places", "There is no layer with places in the file.", tuple(report.layers)
        )
    if len(names) > 1:
        listing = ", ".join(names[:20])
        raise FileRefusedError(
            "choose-layer", f"The file has {len(names)} layers. Choose one: {listing}.", tuple(report.layers)
        )
    return names[0]


def _find_encoding(path: Path, form: Format, request: ReadRequest, report: FileReport) -> str | None:
    """Find the encoding of a Shapefile's texts; none where the format itself says it."""
    if form is not Format.SHAPEFILE:
        return None
    if request.encoding is not None:
        return request.encoding
    siblings = {other.suffix.lower(): other for other in path.parent.glob(f"{path.stem}.*")}
    if ".shx" not in siblings:
        report.note("index-made", "The Shapefile's index (.shx) is missing, and was made again.")
    if ".dbf" not in siblings:
        report.note("fields-missing", "The Shapefile's table (.dbf) is missing: there are places only.")
        return "utf-8"
    code_page = _read_code_page(siblings.get(".cpg"))
    encoding = code_page or texts.tell_encoding(_read_table(siblings[".dbf"]))
    if code_page is None and encoding != "utf-8":
        detail = "The file does not say how its letters are coded. We took Windows-1252: look at the samples."
        report.note("encoding-guessed", detail)
    return encoding


def _read_code_page(path: Path | None) -> str | None:
    """Read the name of an encoding, if Python knows it."""
    if path is None:
        return None
    name = path.read_bytes()[:40].decode("ascii", "replace").strip()
    name = f"cp{name}" if name.isdecimal() else name.replace("ANSI ", "cp").replace("OEM ", "cp")
    try:
        "".encode(name)
    except (LookupError, UnicodeError, ValueError):
        return None
    return name


def _read_table(path: Path) -> Iterator[bytes]:
    """Read the records of a dBASE file, without its header."""
    with path.open("rb") as file:
        header = file.read(32)
        file.seek(int.from_bytes(header[8:10], "little"))
        while chunk := file.read(_CHUNK):
            yield chunk


def _read_epsg(crs: str | None) -> int | None:
    """Return the EPSG number of a file's coordinates, 0 if it has another system, None if it says none."""
    if crs is None or "Undefined" in crs:
        return None
    try:
        system = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        return 0
    return system.to_epsg(min_confidence=25) or (84 if "CRS84" in crs else 0)


def _to_type(kind: str, subtype: str) -> str:
    if kind == "OFTBinary":
        return "binary"
    if subtype == "OFSTBoolean":
        return "boolean"
    return _TYPES.get(kind, "string")


def _to_text(value: Any) -> str | None:
    """Write a list as text; GDAL gives JSON's objects as text already."""
    if value is None:
        return None
    return ", ".join(map(str, value.tolist())) if isinstance(value, np.ndarray) else str(value)


def _has_curves(path: Path, form: Format) -> bool:
    """Ask a GeoPackage whether it declares curves, which GDAL straightens without a word."""
    if form is not Format.GEOPACKAGE:
        return False
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return any(connection.execute(query).fetchone()[0] for query in _CURVES)
    except sqlite3.Error:
        return False
    finally:
        connection.close()


def _lacks_log(path: Path) -> bool:
    """Tell whether a GeoPackage's last changes may lie in a file beside it (SQLite's write-ahead log)."""
    if path.resolve().with_name(f"{path.resolve().name}-wal").exists():
        return False  # it came along, in a zip, and SQLite reads it
    with path.open("rb") as file:
        return _WAL in file.read(_VERSIONS.stop)[_VERSIONS]


def _unreadable(form: Format | None, error: Exception) -> FileRefusedError:
    name = form or "file"
    reason = str(error).rpartition("/")[2][:200]
    return FileRefusedError("unreadable", f"The {name} cannot be read: {reason}")
