"""Features in a box, of 8,886 wards in memory, against a bare handler that sends as many bytes.

In longitude and latitude, and on the National Grid: both are ready-made where a layer is kept on the grid.
"""

import asyncio
import base64
import sys
from pathlib import Path

import httpx
import numpy as np

from bench.figures import Figure
from bench.load_generator import LoadPlan
from bench.map_tiles import COUNCIL, create_database, publish_features
from bench.measurement import HOST, best_rates, server
from dev.demo_layer_files import read
from dev.ports import free_port
from mapping.shared.coordinates import Crs, transform

_ROUNDS, _REQUESTS = 3, 1_500
_BOX = "-2.50,51.33,-2.25,51.44"  # some 30 wards in and around Bath
_SYSTEMS = {"CRS84": Crs.CRS84, "27700": Crs.BNG}


async def measure(admin_url: str, folder: Path) -> list[Figure]:
    """Measure a box of wards through HTTP, in both systems."""
    url = await create_database(admin_url)
    features = read("national", "gb-wards")
    shapes = transform(np.array([shape for _, shape in features], dtype=object), Crs.CRS84, Crs.BNG)
    on_grid = list(zip([properties for properties, _ in features], shapes.tolist(), strict=True))
    await publish_features(url, "gb-wards", "Polygon", on_grid, srid=Crs.BNG.srid)
    return await asyncio.to_thread(_measure, url, folder)


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
                ours, limit = best_rates(
                    _ROUNDS,
                    [
                        (service, LoadPlan(HOST, port, [path], {}, _REQUESTS)),
                        (bare, LoadPlan(HOST, bare_port, ["/bytes"], {}, _REQUESTS)),
                    ],
                )
            title = f"box of {answer.json()['numberReturned']} wards in {name}, {file.stat().st_size:,} bytes"
            ratio = ours.per_cpu_second / limit.per_cpu_second
            figures += [
                Figure(f"{title}, ours", ours.per_cpu_second, "req/CPU-s"),
                Figure(f"{title}, bare", limit.per_cpu_second, "req/CPU-s"),
                Figure(f"{title}, ours / bare", ratio, "x", least=0.5),
            ]
    return figures
