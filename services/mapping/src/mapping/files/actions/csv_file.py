"""Read a table of CSV whose columns say where each row is. In a child process only."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from mapping.files.rules import positions, texts
from mapping.files.rules.limits import FileRefusedError, Limits
from mapping.files.rules.positions import PositionKind
from mapping.files.rules.raw import RawBatch
from mapping.files.rules.reference_systems import Bounds
from mapping.files.rules.reports import LONGITUDE_LATITUDE, NATIONAL_GRID, FileReport, ReadRequest
from mapping.shared.grid_references import parse_grid_reference

_BATCH = 5_000
_CHUNK = 1_048_576
_DELIMITERS = ",;\t|"
_DECLARED = {
    PositionKind.NATIONAL_GRID: NATIONAL_GRID,
    PositionKind.GRID_REFERENCE: NATIONAL_GRID,
    PositionKind.DEGREES: LONGITUDE_LATITUDE,
}


class CsvFile:
    """An open table."""

    total: int | None = None

    def __init__(self, path: Path, request: ReadRequest, limits: Limits, report: FileReport) -> None:
        self._path, self._limits, self._report = path, limits, report
        self._encoding = request.encoding or self._find_encoding()
        self._delimiter = self._find_delimiter()
        header = self._read_header()
        self._columns = positions.find_columns(header)
        if self._columns.kind is PositionKind.NONE:
            raise FileRefusedError(
                "no-places",
                "No column says where the rows are. Name two columns easting and northing, or longitude and"
                " latitude, or x and y; or one column geometry (well-known text) or grid reference.",
            )
        places = (self._columns.first, self._columns.second)
        self._property_columns = [number for number in range(len(header)) if number not in places]
        self._names = [header[number] for number in self._property_columns]
        self._width = len(header)
        self.fields = [{"name": name, "type": "string"} for name in self._names]
        self.declared = _DECLARED.get(self._columns.kind)
        report.layer = ""
        report.note("places", f"Places were read from {self._columns.kind.value}.")

    def _find_encoding(self) -> str:
        with self._path.open("rb") as file:
            encoding = texts.tell_encoding(iter(lambda: file.read(_CHUNK), b""))
        if encoding == "utf-8":
            return "utf-8-sig"
        detail = "The file is not UTF-8. We took Windows-1252: look at the samples."
        self._report.note("encoding-guessed", detail)
        return encoding

    def _find_delimiter(self) -> str:
        """Take the delimiter that the header has most of, outside quotes."""
        with self._open() as file:
            line = file.readline(100_000)
        bare = "".join(line.split('"')[::2])
        return max(_DELIMITERS, key=bare.count)

    def _read_header(self) -> list[str]:
        header = [texts.clean_text(name) for name in next(self._records(), [])]
        if len(header) > self._limits.fields:
            raise FileRefusedError("too-many-fields", f"The file has {len(header)} columns.")
        columns = [name or f"column_{number}" for number, name in enumerate(header, 1)]
        repeated = sorted({name for name in columns if columns.count(name) > 1})
        if repeated:
            raise FileRefusedError(
                "repeated-column", f"Two columns have the same name: {', '.join(repeated[:10])}."
            )
        return columns

    def _open(self) -> io.TextIOWrapper:
        return self._path.open(encoding=self._encoding, errors="replace", newline="")

    def _records(self) -> Iterator[list[str]]:
        csv.field_size_limit(self._limits.vertices_of_feature * 20)
        with self._open() as file:
            try:
                yield from csv.reader(file, delimiter=self._delimiter)
            except csv.Error as error:
                raise FileRefusedError("unreadable", f"The CSV cannot be read: {error}.") from None

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Read the rows below the header, numbered from 1; blank ones are not rows."""
        number = 0
        for number, record in enumerate((row for row in self._records() if any(row)), 0):
            if number > self._limits.features:
                raise FileRefusedError(
                    "too-many-features", f"The file has more than {self._limits.features:,} rows."
                )
            if number:
                yield number, record
        self.total = number

    def measure(self) -> Bounds | None:
        """Measure where the places lie, and count the rows. Rows with problems do not count."""
        low, high = np.full(2, np.inf), np.full(2, -np.inf)
        for _, record in self._rows():
            try:
                geometry = self._locate(record)
            except ValueError:
                continue
            if geometry is not None and not geometry.is_empty:
                bounds = geometry.bounds
                low, high = np.minimum(low, bounds[:2]), np.maximum(high, bounds[2:])
        if not np.isfinite(low).all():
            return None
        return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))

    def read(self) -> Iterator[RawBatch]:
        """Read the rows in batches."""
        batch: list[tuple[int, list[str]]] = []
        for row in self._rows():
            batch.append(row)
            if len(batch) == _BATCH:
                yield self._make_batch(batch)
                batch = []
        if batch:
            yield self._make_batch(batch)

    def _make_batch(self, rows: list[tuple[int, list[str]]]) -> RawBatch:
        geometries = np.full(len(rows), None, dtype=object)
        problems: dict[int, tuple[str, str]] = {}
        for index, (_, record) in enumerate(rows):
            try:
                if len(record) > self._width:
                    raise ValueError("it has more columns than the header")
                geometries[index] = self._locate(record)
            except ValueError as error:
                problems[index] = ("unreadable-row", f"The row cannot be read: {str(error)[:200]}.")
        properties = [self._name_values(record) for _, record in rows]
        return RawBatch(rows[0][0], [None] * len(rows), geometries, properties, problems)

    def _name_values(self, record: list[str]) -> dict[str, Any]:
        values = (record[number] if number < len(record) else "" for number in self._property_columns)
        return {name: value.strip() or None for name, value in zip(self._names, values, strict=True)}

    def _locate(self, record: list[str]) -> Any:
        """Make the geometry of a row; None if it says no place. Raises ValueError."""
        columns = self._columns
        first = record[columns.first] if columns.first < len(record) else ""
        if columns.second is None:
            return self._locate_by_text(first.strip())
        second = record[columns.second] if columns.second < len(record) else ""
        x, y = positions.parse_coordinate(first), positions.parse_coordinate(second)
        if x is None and y is None:
            return None
        if x is None or y is None:
            raise ValueError("it has one of two coordinates")
        if x == 0 and y == 0:
            self._report.note("zero-is-missing", "Places at 0, 0 stand for no place, and were left empty.")
            return None
        return shapely.Point(x, y)

    def _locate_by_text(self, text: str) -> Any:
        if not text:
            return None
        if self._columns.kind is PositionKind.GRID_REFERENCE:
            return shapely.Point(*parse_grid_reference(text))
        if text.upper().startswith("SRID="):
            text = text.partition(";")[2]
        geometry = shapely.from_wkt(text, on_invalid="fix")
        if geometry is None:
            raise ValueError("its well-known text is wrong")
        return geometry
