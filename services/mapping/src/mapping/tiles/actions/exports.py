"""Tiles in one file, PMTiles version 3: ``python -m chassis run mapping write-pmtiles``."""

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from chassis.commands import CommandError, ExitCode, Reporter, make_reporter
from chassis.database import Database
from mapping.collections.rules.layers import Extent, Layer
from mapping.settings import Settings
from mapping.snapshots.actions import Snapshots
from mapping.tiles.actions.tiles import Tiles
from mapping.tiles.rules.limits import LAST_ZOOM, has_zoom
from mapping.tiles.rules.matrix import Tile, find_tile
from mapping.tiles.schemas.tile_sets import find_extent, make_tilejson

_MOST_TILES = 2_000_000
_USUAL_ZOOM = 14


async def write_pmtiles(settings: Settings, arguments: list[str]) -> int:
    """Write the public tiles of a council's collections to a PMTiles file."""
    options = _parse(arguments)
    if options.to.exists():
        raise CommandError(ExitCode.USAGE, f"{options.to} is there already; name another file")
    database = Database(settings, "mapping-pmtiles", rows_secured=True)
    snapshots = Snapshots(database, settings.snapshot_bytes)
    tiles = Tiles.of_settings(snapshots, database, settings)
    try:
        await snapshots.refresh()
        layers = _choose_layers(snapshots, options.council, options.collections)
        with make_reporter() as report:
            totals = await write_file(tiles, layers, options.to, options.max_zoom, report)
            return report.finish(ExitCode.DONE, "written", **totals)
    finally:
        snapshots.close()
        await database.close()


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run mapping write-pmtiles", description=write_pmtiles.__doc__)
    parser.add_argument("--council", required=True, help="its slug")
    parser.add_argument("--to", required=True, type=Path, help="a file that is not there yet")
    parser.add_argument(
        "--collections", default="", help="their ids, separated by commas; else all public ones"
    )
    parser.add_argument("--max-zoom", type=int, default=_USUAL_ZOOM, choices=range(LAST_ZOOM + 1))
    return parser.parse_args(arguments)


def _choose_layers(snapshots: Snapshots, council: str, names: str) -> list[Layer]:
    """Choose public layers of a council. Raises CommandError."""
    layers = [layer for layer in snapshots.layers(council) if layer.visible_to("public")]
    chosen = {name for name in names.split(",") if name}
    if unknown := chosen - {layer.name for layer in layers}:
        raise CommandError(
            ExitCode.REFUSED, f"{council} has no public collection {', '.join(sorted(unknown))}"
        )
    selection = [layer for layer in layers if not chosen or layer.name in chosen]
    if not selection:
        raise CommandError(ExitCode.REFUSED, f"{council} has no public collection")
    return selection


async def write_file(
    tiles: Tiles, layers: Sequence[Layer], path: Path, max_zoom: int, report: Reporter
) -> dict[str, int]:
    """Write a file of the tiles of layers. It takes its name when it is whole. Raises CommandError."""
    places = sorted(_list_tiles(layers, max_zoom))
    if len(places) > _MOST_TILES:
        raise CommandError(ExitCode.REFUSED, f"that is {len(places):,} tiles: choose a smaller --max-zoom")
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file, ExitStack() as stack:
            writer, count = Writer(file), 0  # type: ignore[no-untyped-call]
            stack.callback(writer.tile_f.close)  # its temporary file, which it closes at a good end alone
            for number, (tile_id, tile) in enumerate(places):
                drawn = [layer for layer in layers if has_zoom(tile.zoom, layer.feature_count, layer.extent)]
                answer = await tiles.get_joined(drawn, tile, "public")
                if answer.data:
                    writer.write_tile(tile_id, answer.data)  # type: ignore[no-untyped-call]
                    count += 1
                report.progress("tiles", number + 1, len(places))
            if not count:
                raise CommandError(ExitCode.REFUSED, "the collections have no feature to show")
            await asyncio.to_thread(writer.finalize, *_describe(layers, max_zoom))
        part.rename(path)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
    return {"tiles": count}


def _list_tiles(layers: Sequence[Layer], max_zoom: int) -> Iterator[tuple[int, Tile]]:
    """List the tiles that meet the extent of layers, each with its number in the file."""
    extent = find_extent(layers)
    for zoom in range(max_zoom + 1):
        first = find_tile(extent.west, extent.north, zoom)
        last = find_tile(extent.east, extent.south, zoom)
        if (last.row - first.row + 1) * (last.column - first.column + 1) > _MOST_TILES:
            raise CommandError(
                ExitCode.REFUSED, f"zoom {zoom} has too many tiles: choose a smaller --max-zoom"
            )
        for row in range(first.row, last.row + 1):
            for column in range(first.column, last.column + 1):
                yield zxy_to_tileid(zoom, column, row), Tile(zoom, row, column)


def _describe(layers: Sequence[Layer], max_zoom: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Describe the file: its header, and the metadata that map libraries read."""
    extent = find_extent(layers)
    document = make_tilejson("Townhall maps", "", layers, "public", "").model_dump()
    members = ("name", "description", "attribution", "vector_layers")
    return _head(extent, max_zoom), {"format": "pbf", **{key: document[key] for key in members}}


def _head(extent: Extent, max_zoom: int) -> dict[str, Any]:
    west, south, east, north = (round(degrees * 10_000_000) for degrees in extent)
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": min(10, max_zoom),
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }
