"""Vector tiles: cold ones against mapbox-vector-tile's encoder, cached ones against a handler of bytes.

Cold: both write the tile of the same features, in turns, by the CPU time of the process, without gzip. Ours
finds the features, clips, rounds and checks them; mapbox-vector-tile is given shapes already clipped. What is
made once for a version of a layer (geometry in the tiles' plane, its simplification for a zoom, the table of
properties) is shown by itself.
"""

import asyncio
import base64
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import httpx
import mapbox_vector_tile
import numpy as np
import shapely

from bench.figures import Figure
from bench.load_generator import LoadPlan
from bench.measurement import HOST, best_rates, server
from chassis.database import Database
from chassis.migrations import migrate
from chassis.provision import provision
from dev.demo_layer_files import read
from dev.ports import free_port
from mapping.collections.actions import layers
from mapping.collections.actions.publication import Cause, publication
from mapping.collections.rules.states import NewFeature, make_states
from mapping.settings import Settings
from mapping.tiles.rules.attributes import Table, make_table
from mapping.tiles.rules.bands import Band, Kind, band_zoom, make_band, make_base
from mapping.tiles.rules.encoder import write_layer
from mapping.tiles.rules.matrix import Tile, find_tile
from mapping.tiles.rules.paths import cut_tile

COUNCIL = "citytown"
_PASSWORD = "bench"  # noqa: S105 - of a database that lives as long as the run
_PLACE = (-2.36, 51.38)
_ROUNDS, _TURNS = 4, 7
_REQUESTS, _BATCH = 6_000, 500


class _Case(NamedTuple):
    """A layer of the demonstration, and the zoom at which it is measured."""

    name: str
    council: str
    kind: Kind
    zoom: int
    least: float


_CASES = (
    _Case("gb-wards", "national", "Polygon", 9, 4.0),
    _Case("roads", COUNCIL, "LineString", 13, 3.0),
)


async def measure(admin_url: str, folder: Path) -> list[Figure]:
    """Measure cold tiles, then cached ones through HTTP."""
    figures = [figure for case in _CASES for figure in _measure_cold(case)]
    url = await create_database(admin_url)
    for case in _CASES:
        await _publish(url, case)
    return [*figures, *await asyncio.to_thread(_measure_cached, url, folder)]


def _measure_cold(case: _Case) -> list[Figure]:
    features = read(case.council, case.name)
    geometries = np.array([geometry for _, geometry in features], dtype=object)
    names = sorted({name for properties, _ in features for name in properties})
    columns = {name: [properties.get(name) for properties, _ in features] for name in names}
    columns["id"] = [str(number) for number in range(len(features))]
    once, (band, table) = _time(lambda: _prepare(geometries, case, columns))
    tile, numbers = find_tile(*_PLACE, case.zoom), np.arange(1, len(features) + 1)
    theirs_input = _clip_features(band, tile, columns)
    rounds = [
        (
            _time(lambda: write_layer(case.name, cut_tile(band, tile), table, numbers))[0],
            _time(lambda: _encode_theirs(case.name, theirs_input, tile))[0],
        )
        for _ in range(_TURNS)
    ]
    ours, theirs = (min(seconds) * 1_000 for seconds in zip(*rounds, strict=True))
    title = f"cold tile, {case.name} z{case.zoom}, {len(theirs_input)} features"
    return [
        Figure(f"{case.name}: made once for a version and zoom", once * 1_000, "CPU-ms"),
        Figure(f"{title}, ours", ours, "CPU-ms"),
        Figure(f"{title}, mapbox-vector-tile", theirs, "CPU-ms"),
        Figure(f"{title}, times as fast", theirs / ours, "x", least=case.least),
    ]


def _prepare(geometries: Any, case: _Case, columns: dict[str, list[Any]]) -> tuple[Band, Table]:
    base = make_base(geometries, case.kind)
    return make_band(base, band_zoom(case.zoom)), make_table(columns, len(geometries))


def _clip_features(band: Band, tile: Tile, columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Clip a tile's features for mapbox-vector-tile, outside its time."""
    indices, box = band.list_within(tile), shapely.box(*tile.box())
    clipped = shapely.intersection(band.parts[indices], box)
    return [
        {
            "geometry": shape,
            "id": int(feature) + 1,
            "properties": {
                name: values[feature] for name, values in columns.items() if values[feature] is not None
            },
        }
        for shape, feature in zip(clipped, band.features[indices], strict=True)
        if not shape.is_empty
    ]


def _encode_theirs(name: str, features: list[dict[str, Any]], tile: Tile) -> bytes:
    options = {"quantize_bounds": tile.box(0), "y_coord_down": True}
    data: bytes = mapbox_vector_tile.encode([{"name": name, "features": features}], default_options=options)
    return data


def _time(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def _measure_cached(url: str, folder: Path) -> list[Figure]:
    port, environment = free_port(), {"MAPPING_DATABASE_URL": url, "MAPPING_LOG_LEVEL": "WARNING"}
    environment["MAPPING_SEALING_KEY"] = base64.urlsafe_b64encode(
        b"for bench: thirty-two characters"
    ).decode()
    environment |= {
        "MAPPING_JWKS_URL": (folder / "none.json").as_uri(),
        "MAPPING_ISSUER": "http://bench.invalid/",
        "MAPPING_BLOBS": (folder / "blobs").as_uri(),
        "MAPPING_SCANNER": "test:",
        "MAPPING_SEALING_KEY": base64.urlsafe_b64encode(bytes(32)).decode(),
    }
    argv = [sys.executable, "-m", "chassis", "serve", "mapping", "--port", str(port)]
    figures = []
    with server(argv, environment, port, "/health/live") as service:
        for case in _CASES:
            tile = find_tile(*_PLACE, case.zoom)
            path = f"/{COUNCIL}/mapping/ogc/collections/{case.name}/tiles/WebMercatorQuad"
            path = f"{path}/{tile.zoom}/{tile.row}/{tile.column}"
            file = folder / f"{case.name}.mvt.gz"
            with httpx.stream("GET", f"http://{HOST}:{port}{path}", timeout=60, trust_env=False) as answer:
                file.write_bytes(b"".join(answer.iter_raw()))
            bare_port = free_port()
            bare_argv = [sys.executable, "-m", "uvicorn", "bench.bare_bytes:create", "--factory"]
            bare_argv += ["--port", str(bare_port), "--no-access-log", "--log-level", "warning"]
            with server(bare_argv, {"BARE_BYTES": str(file)}, bare_port, "/live") as bare:
                headers = {"Accept-Encoding": "gzip"}
                ours, limit = best_rates(
                    _ROUNDS,
                    [
                        (service, LoadPlan(HOST, port, [path], headers, _REQUESTS)),
                        (bare, LoadPlan(HOST, bare_port, ["/bytes"], headers, _REQUESTS)),
                    ],
                )
            title = f"cached tile, {case.name} z{case.zoom}, {file.stat().st_size:,} bytes"
            ratio = ours.per_cpu_second / limit.per_cpu_second
            figures += [
                Figure(f"{title}, ours", ours.per_cpu_second, "req/CPU-s"),
                Figure(f"{title}, bare", limit.per_cpu_second, "req/CPU-s"),
                Figure(f"{title}, ours / bare", ratio, "x", least=0.5),
            ]
    return figures


async def create_database(admin_url: str) -> str:
    await provision(admin_url, "mapping", owner_password=_PASSWORD, password=_PASSWORD)
    address = admin_url.rpartition("@")[2].partition("/")[0]
    await migrate("mapping", f"postgresql://mapping_owner:{_PASSWORD}@{address}/mapping")
    connection = await asyncpg.connect(f"{admin_url.rpartition('/')[0]}/mapping")
    await connection.execute(
        "INSERT INTO council (slug, name, gss, region, version) VALUES ($1, $1, 'E06000022', 'local', 1)",
        COUNCIL,
    )
    await connection.close()
    return f"postgresql://mapping:{_PASSWORD}@{address}/mapping"


async def _publish(url: str, case: _Case) -> None:
    """Publish a layer of the demonstration, in longitude and latitude."""
    await publish_features(url, case.name, case.kind, read(case.council, case.name))


async def publish_features(
    url: str, name: str, kind: Kind, features: list[tuple[dict[str, Any], Any]], srid: int = 84
) -> None:
    """Publish a layer as its council would, of properties and geometries in the system of ``srid``."""
    names = sorted({key for properties, _ in features for key in properties})
    values = {
        "name": name, "title": name, "description": "", "kind": "areas", "storage_srid": srid,
        "geometry_type": kind, "keeper": "bench", "licence": "", "licence_url": "", "attribution": "",
        "vintage": "", "source_url": "", "synthetic": False, "audience": "public", "key_property": "",
        "label_property": "", "code_property": "", "area_type": "", "locking": "optional", "style": {},
        "properties": [(each, each, "string", "public", False, ()) for each in names],
    }  # fmt: skip
    settings = Settings(database_url=url, jwks_url="", issuer="", blobs="file:///none", scanner="test:")
    database = Database(settings, "bench", rows_secured=True)
    rows = [NewFeature(str(number), each[1], each[0]) for number, each in enumerate(features)]
    async with database.writing(COUNCIL) as session:
        layer = await layers.create_layer(session, COUNCIL, "bench", values)
        async with publication(session, layer.id, Cause("load", "bench", "measured")) as change:
            for start in range(0, len(rows), _BATCH):
                await change.put(make_states(layer, rows[start : start + _BATCH]))
    await database.close()
