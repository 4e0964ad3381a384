"""Layers as files: written by a child process, once of a version, and kept while there is room."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from uuid import UUID

import numpy as np
import shapely

from chassis.database import Database
from chassis.problems import Problem
from mapping.collections.actions import features
from mapping.collections.actions.features import Feature
from mapping.collections.rules.layers import Layer
from mapping.files.actions.processes import write_file
from mapping.files.actions.rows import write_row
from mapping.files.rules.formats import Format
from mapping.files.rules.reports import LONGITUDE_LATITUDE, NATIONAL_GRID, FileRow, WriteRequest
from mapping.shared.coordinates import Crs, transform

FORMATS = {"gpkg": Format.GEOPACKAGE, "geojson": Format.GEOJSON, "csv": Format.CSV}
MOST_FEATURES = 300_000
_MOST_BYTES = 500_000_000  # of files that a process keeps
_PATIENCE = 30.0  # seconds that a request waits for others
_PAGE = 2_000
Key = tuple[UUID, int, str]


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A layer as a file, open: it can be read to its end, also when it is no longer kept."""

    content: IO[bytes]
    size: int


class LayerFiles:
    """The files that a process has written lately."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="townhall-layers-")
        self._sizes: OrderedDict[Key, int] = OrderedDict()
        self._lock = asyncio.Lock()

    def close(self) -> None:
        """Remove the files."""
        self._folder.cleanup()

    async def open(self, database: Database, layer: Layer, form: str) -> LayerFile:
        """Open a public layer as a file; everybody may see what is in it.

        Raises Problem 400 if the layer is too large for a file, 503 when other files are being written.
        """
        if layer.feature_count > MOST_FEATURES:
            detail = (
                f"{layer.title} has {layer.feature_count:,} features, and a file at most {MOST_FEATURES:,}."
            )
            raise Problem(
                400, "layer-too-large", f"{detail} Read its items page by page, by OGC API Features."
            )
        key = (layer.id, layer.version, form)
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._lock.acquire()
        except TimeoutError:
            detail = "Other files are being written. Try again in some seconds."
            raise Problem(503, "files-busy", detail, headers={"Retry-After": "10"}) from None
        try:
            if key not in self._sizes:
                await self._write(database, layer, key)
            self._sizes.move_to_end(key)
            path = self._path(key)
            return LayerFile(await asyncio.to_thread(path.open, "rb"), self._sizes[key])
        finally:
            self._lock.release()

    def _path(self, key: Key) -> Path:
        layer, version, form = key
        return Path(self._folder.name) / f"{layer}-{version}.{form}"

    async def _write(self, database: Database, layer: Layer, key: Key) -> None:
        path, form = self._path(key), FORMATS[key[2]]
        rows = path.with_suffix(".rows")
        srid = NATIONAL_GRID if layer.storage_crs is Crs.BNG else LONGITUDE_LATITUDE
        srid = LONGITUDE_LATITUDE if form is Format.GEOJSON else srid
        try:
            await _write_rows(database, layer, rows, srid)
            await write_file(_describe(layer, form, rows, path, srid))
        finally:
            await asyncio.to_thread(rows.unlink, missing_ok=True)
        self._sizes[key] = (await asyncio.to_thread(path.stat)).st_size
        while len(self._sizes) > 1 and sum(self._sizes.values()) > _MOST_BYTES:
            oldest, _ = self._sizes.popitem(last=False)
            await asyncio.to_thread(self._path(oldest).unlink, missing_ok=True)


def _describe(layer: Layer, form: Format, rows: Path, out: Path, srid: int) -> WriteRequest:
    fields = [{"name": each.name, "type": each.type} for each in layer.visible_properties("public")]
    return WriteRequest(
        rows=str(rows),
        out=str(out),
        format=form.value,
        layer=layer.name,
        title=f"{layer.title}. {layer.attribution}",
        srid=srid,
        geometry_type=layer.geometry_type,
        fields=fields,
    )


async def _write_rows(database: Database, layer: Layer, path: Path, srid: int) -> None:
    """Write the features of a version page by page, so that a change in between is not half in it."""
    names = [each.name for each in layer.visible_properties("public")]
    target = Crs.BNG if srid == NATIONAL_GRID else Crs.CRS84
    after, count = 0, 0
    with await asyncio.to_thread(path.open, "w", encoding="utf-8") as out:
        while page := await _read_page(database, layer, after):
            shapes = await asyncio.to_thread(_convert, [each.wkb for each in page], layer.storage_crs, target)
            rows = [
                FileRow(
                    count + index,
                    each.fid,
                    shape,
                    {name: each.properties.get(name) for name in names},
                )
                for index, (each, shape) in enumerate(zip(page, shapes, strict=True), 1)
            ]
            await asyncio.to_thread(_write_page, out, rows)
            after, count = page[-1].number, count + len(page)


async def _read_page(database: Database, layer: Layer, after: int) -> Sequence[Feature]:
    async with database.reading(layer.council) as session:
        return await features.list_at(session, layer.id, layer.version, after, _PAGE)


def _convert(wkb: Sequence[bytes | None], source: Crs, target: Crs) -> Sequence[bytes | None]:
    if source is target:
        return wkb
    shapes = transform(shapely.from_wkb(np.array(wkb, dtype=object)), source, target)
    converted: list[bytes | None] = shapely.to_wkb(shapes).tolist()
    return converted


def _write_page(out: IO[str], rows: Sequence[FileRow]) -> None:
    for row in rows:
        write_row(out, row)
