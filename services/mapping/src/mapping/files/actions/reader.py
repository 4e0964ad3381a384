"""Read a file into rows that are fit to be stored. In a child process only."""

from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
import shapely

from mapping.files.actions.archives import unpack_gzip, unpack_zip
from mapping.files.actions.csv_file import CsvFile
from mapping.files.actions.rows import write_row
from mapping.files.rules import geometries, texts
from mapping.files.rules.formats import SAMPLE, Format, Packing, find_member, tell_format, tell_packing
from mapping.files.rules.geometries import Geometries
from mapping.files.rules.limits import FileRefusedError, Limits
from mapping.files.rules.raw import RawBatch, RawFile
from mapping.files.rules.reference_systems import NAMES, WEB_MERCATOR, Decision, decide
from mapping.files.rules.reports import LONGITUDE_LATITUDE, NATIONAL_GRID, FileReport, FileRow, ReadRequest
from mapping.shared.coordinates import Crs, project

Progress = Callable[[int, int | None], None]
_SYSTEMS = {NATIONAL_GRID: Crs.BNG, LONGITUDE_LATITUDE: Crs.CRS84, WEB_MERCATOR: Crs.WEB_MERCATOR}


def read_file(
    path: Path, folder: Path, request: ReadRequest, limits: Limits, out: IO[str], progress: Progress
) -> FileReport:
    """Read a file and write its rows. ``folder`` is empty and this reading's own. Raises FileRefusedError."""
    report = FileReport()
    form, source = _unpack(path, folder, request.name, limits)
    report.format = form.value
    file = _open(source, form, request, limits, report)
    report.fields = file.fields
    decision = decide(file.declared, request.crs, file.measure())
    report.crs = NAMES[decision.srid]
    if decision.guess is not None:
        code = "flipped" if decision.flipped and file.declared is not None else "crs-guessed"
        report.note(code, decision.guess, guess=True)
    reading = _Reading(request, limits, decision, report)
    for batch in file.read():
        for row in reading.check(batch):
            write_row(out, row)
        progress(report.rows, file.total)
    reading.summarise()
    return report


def _open(path: Path, form: Format, request: ReadRequest, limits: Limits, report: FileReport) -> RawFile:
    if form is Format.CSV:
        return CsvFile(path, request, limits, report)
    # Only now: importing it registers GDAL's drivers, and takes a third of the process's start.
    from mapping.files.actions.gdal_file import GdalFile, check_drivers  # noqa: PLC0415

    check_drivers()
    return GdalFile(path, form, request, limits, report)


def _unpack(path: Path, folder: Path, name: str, limits: Limits) -> tuple[Format, Path]:
    """Unpack a file if it is packed, and tell its format. The name on the disk is ours."""
    packing = tell_packing(_read_sample(path), name)
    if packing is Packing.ZIP:
        form, member = find_member(unpack_zip(path, folder, limits))
        source = folder / member
        if form in (Format.GEOJSON, Format.GEOPACKAGE, Format.CSV):
            form = tell_format(_read_sample(source), member)
        return form, source
    if packing is Packing.GZIP:
        source = folder / "unpacked"
        unpack_gzip(path, source, limits)
    else:
        source = path
    form = tell_format(_read_sample(source), name)
    target = folder / {Format.GEOJSON: "data.geojson", Format.GEOPACKAGE: "data.gpkg"}.get(form, "data.csv")
    target.symlink_to(source.absolute()) if packing is Packing.NONE else source.rename(target)
    return form, target


def _read_sample(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(SAMPLE)


class _Reading:
    """Checks batches of rows, and counts what it found."""

    def __init__(self, request: ReadRequest, limits: Limits, decision: Decision, report: FileReport) -> None:
        self._request, self._limits, self._decision, self._report = request, limits, decision, report
        self._low, self._high = np.full(2, np.inf), np.full(2, -np.inf)

    def check(self, batch: RawBatch) -> list[FileRow]:
        """Check a batch, and return its rows as they are written."""
        self._count_vertices(batch)
        array = self._flatten(batch)
        array = self._to_target(self._drop_zero(array))
        result = geometries.normalise(array, self._request.geometry_type, self._request.target)
        wkb = shapely.to_wkb(result.geometries, output_dimension=2, byte_order=1).tolist()
        problems = result.problems | batch.problems
        rows = []
        for index, properties in enumerate(batch.properties):
            clean = self._clean(properties, index, problems)
            problem = problems.get(index)
            place = None if problem else wkb[index]
            repaired = index in result.repaired and problem is None
            rows.append(FileRow(batch.first + index, batch.fids[index], place, clean, problem, repaired))
        self._count(rows, result.geometries)
        return rows

    def _count_vertices(self, batch: RawBatch) -> None:
        counts = geometries.count_vertices(batch.geometries)
        self._report.vertices += int(counts.sum())
        if self._report.vertices > self._limits.vertices:
            raise FileRefusedError(
                "too-many-vertices", f"The file has more than {self._limits.vertices:,} corners in all."
            )
        for index in np.flatnonzero(counts > self._limits.vertices_of_feature).tolist():
            detail = (
                f"Its shape has {counts[index]:,} corners, and {self._limits.vertices_of_feature:,} may be."
            )
            batch.problems[index] = ("too-many-vertices", detail)
            batch.geometries[index] = None

    def _flatten(self, batch: RawBatch) -> Geometries:
        """Drop heights, and turn round what was flipped."""
        self._report.with_heights += int(shapely.has_z(batch.geometries).sum())
        flat: Geometries = shapely.force_2d(batch.geometries)
        if self._decision.flipped:
            flat = _map_present(flat, lambda present: shapely.transform(present, lambda xy: xy[:, ::-1]))
        return flat

    def _drop_zero(self, array: Geometries) -> Geometries:
        """Take a point at 0, 0 as one without place: no feature of a council is there."""
        points = shapely.get_type_id(array) == 0
        zero = points & (shapely.get_x(array) == 0) & (shapely.get_y(array) == 0)
        if zero.any():
            self._report.note("zero-is-missing", "Places at 0, 0 stand for no place, and were left empty.")
            array = array.copy()
            array[zero] = None
        return array

    def _to_target(self, array: Geometries) -> Geometries:
        source = self._decision.srid
        if source == self._request.target:
            return array
        systems = _SYSTEMS[source], _SYSTEMS[self._request.target]
        return _map_present(
            array, lambda present: shapely.transform(present, lambda xy: project(xy, *systems))
        )

    def _clean(
        self, properties: dict[str, Any], index: int, problems: dict[int, tuple[str, str]]
    ) -> dict[str, Any]:
        clean = {}
        for name, value in properties.items():
            if isinstance(value, str):
                clean[name] = texts.clean_text(value[: self._limits.text]) or None
                if len(value) > self._limits.text:
                    detail = f"Its {name} has {len(value):,} characters, and {self._limits.text:,} may be."
                    problems.setdefault(index, ("text-too-long", detail))
            else:
                clean[name] = value
        texts.take_samples(self._report.samples, clean.values())
        return clean

    def _count(self, rows: list[FileRow], array: Geometries) -> None:
        report = self._report
        report.rows += len(rows)
        report.refused += sum(row.problem is not None for row in rows)
        report.repaired += sum(row.repaired for row in rows)
        report.without_place += sum(row.problem is None and row.wkb is None for row in rows)
        report.features = report.rows - report.refused
        bounds = shapely.bounds(array)
        whole = bounds[~np.isnan(bounds[:, 0])]
        if len(whole):
            self._low = np.minimum(self._low, whole[:, :2].min(axis=0))
            self._high = np.maximum(self._high, whole[:, 2:].max(axis=0))

    def summarise(self) -> None:
        """Note what a person should know of the whole file."""
        report = self._report
        if np.isfinite(self._low).all():
            report.bounds = [*self._low.tolist(), *self._high.tolist()]
        if report.with_heights:
            report.note("heights-dropped", f"{report.with_heights:,} places had heights, which are not kept.")
        if report.repaired:
            report.note("repaired", f"{report.repaired:,} shapes were mended; their area stays.")


def _map_present(array: Geometries, change: Callable[[Geometries], Geometries]) -> Geometries:
    """Change the geometries that are there."""
    present = ~shapely.is_missing(array)
    changed = array.copy()
    changed[present] = change(array[present])
    return changed
