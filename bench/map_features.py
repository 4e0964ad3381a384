"""Features in a box, of 8,886 wards in memory, against a bare handler that sends as many bytes.

In longitude and latitude, and on the National Grid: both are ready-made where a layer is kept on the grid.
"""

import asyncio
import base64
import sys
import time
from pathlib import Path

import httpx
import numpy as np

from bench.figures import Figure
from bench.load_generator import LoadPlan
from bench.map_tiles import COUNCIL, create_database, publish_features
from bench.measurement import HOST, best_rates, server
from chassis.database import Database
from dev.demo_layer_files import read
from dev.ports import free_port
from mapping.settings import Settings
from mapping.shared.coordinates import Crs, transform
from mapping.snapshots.actions import Snapshots

_ROUNDS, _REQUESTS, _SNAPSHOTS = 3, 1_500, 5
_BOX = "-2.50,51.33,-2.25,51.44"  # some 30 wards in and around Bath
_SYSTEMS = {"CRS84": Crs.CRS84, "27700": Crs.BNG}


async def measure(admin_url: str, folder: Path) -> list[Figure]:
    """Measure a box of wards through HTTP, in both systems."""
    url = await create_database(admin_url)
    features = read("national", "gb-wards")
    shapes = transform(np.array([shape for _, shape in features], dtype=object), Crs.CRS84, Crs.BNG)
    on_grid = list(zip([properties for properties, _ in features], shapes.tolist(), strict=True))
    await publish_features(url, "gb-wards", "Polygon", on_grid, srid=Crs.BNG.srid)
    return [*await _measure_snapshot(url), *await asyncio.to_thread(_measure, url, folder)]


async def _measure_snapshot(url: str) -> list[Figure]:
    """Measure how long a process takes to read all wards into memory, from PostgreSQL to the index."""
    settings = Settings(database_url=url, jwks_url="", issuer="", blobs="file:///none", scanner="test:")
    database = Database(settings, "bench", rows_secured=True)
    seconds, cpu = [], []
    for _ in range(_SNAPSHOTS):
        snapshots = Snapshots(database, 1_000_000_000)
        await snapshots.refresh()
        layer = snapshots.layer(COUNCIL, "gb-wards")
        if layer is None:
            raise RuntimeError("the wards have not been published")
        started, used = time.perf_counter(), time.process_time()
        await snapshots.get(layer)
        seconds.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
        snapshots.close()
    await database.close()
    return [
        Figure("snapshot of all GB wards, read from PostgreSQL", min(seconds), "s", most=0.5),
        Figure("the same, CPU of the process", min(cpu), "s"),
    ]


def _list_others(crs: Crs) -> list[str]:
    """List boxes of about as many wards, more of them than are kept: each is written anew."""
    return [
        f"/{COUNCIL}/mapping/ogc/collections/gb-wards/items?limit=100&crs={crs.uri}"
        f"&bbox={-2.50 + step:.5f},51.33,{-2.25 + step:.5f},51.44"
        for step in (number / 50_000 for number in range(_REQUESTS))
    ]


def _measure(url: str, folder: Path) -> list[Figure]:
    port, environment = free_port(), {"MAPPING_DATABASE_URL": url, "MAPPING_LOG_LEVEL": "WARNING"}
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
        for name, crs in _SYSTEMS.items():
            path = f"/{COUNCIL}/mapping/ogc/collections/gb-wards/items?limit=100&bbox={_BOX}&crs={crs.uri}"
            answer = httpx.get(f"http://{HOST}:{port}{path}", timeout=60, trust_env=False)
            file = folder / f"wards-{name}.json"
            file.write_bytes(answer.content)
            bare_port = free_port()
            bare_argv = [sys.executable, "-m", "uvicorn", "bench.bare_bytes:create", "--factory"]
            bare_argv += ["--port", str(bare_port), "--no-access-log", "--log-level", "warning"]
            with server(bare_argv, {"BARE_BYTES": str(file)}, bare_port, "/live") as bare:
                again, others, limit = best_rates(
                    _ROUNDS,
                    [
                        (service, LoadPlan(HOST, port, [path], {}, _REQUESTS)),
                        (service, LoadPlan(HOST, port, _list_others(crs), {}, _REQUESTS)),
                        (bare, LoadPlan(HOST, bare_port, ["/bytes"], {}, _REQUESTS)),
                    ],
                )
            title = f"box of {answer.json()['numberReturned']} wards in {name}, {file.stat().st_size:,} bytes"
            figures += [
                Figure(f"{title}, bare", limit.per_cpu_second, "req/CPU-s"),
                Figure(f"{title}, asked for again", again.per_cpu_second, "req/CPU-s"),
                Figure(f"{title}, again / bare", again.per_cpu_second / limit.per_cpu_second, "x", least=0.5),
                Figure(f"{title}, each another", others.per_cpu_second, "req/CPU-s"),
                Figure(f"{title}, another / bare", others.per_cpu_second / limit.per_cpu_second, "x"),
            ]
    return figures
