"""Look-ups of points through HTTP, against a bare handler over the same layers; and a batch of 10,000."""

import base64
import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import shapely

from bench.figures import Figure
from bench.issuer import Issuer
from bench.load_generator import LoadPlan
from bench.map_layers import create_database, read_features, read_manifest
from bench.measurement import HOST, best_rates, cpu_seconds, server
from dev.ports import free_port

_ROUNDS, _REQUESTS, _POINTS = 3, 2_000, 500
_BATCH = 10_000
_BOX = ((-2.60, 51.30), (-2.30, 51.42))  # of citytown


async def measure(admin_url: str, folder: Path) -> list[Figure]:
    """Measure points over 8,886 wards and citytown's roads, then a batch over all its areas and zones."""
    wards, roads = read_manifest("*", ("gb-wards",)), read_manifest("citytown", ("roads",))
    zones = _list_zones()
    for layer in (*wards, *roads):
        shapes, rows = read_features(layer)
        file = folder / f"{layer['name']}.json"
        file.write_text(json.dumps([shapely.to_wkb(shapes, hex=True).tolist(), rows]))
    url = await create_database(admin_url, [*wards, *roads, *zones])
    issuer = Issuer(folder)
    environment = {
        "MAPPING_DATABASE_URL": url,
        "MAPPING_JWKS_URL": issuer.jwks_url,
        "MAPPING_ISSUER": issuer.name,
        "MAPPING_SEALING_KEY": base64.urlsafe_b64encode(b"for bench: thirty-two characters").decode(),
        "MAPPING_BLOBS": (folder / "blobs").as_uri(),
        "MAPPING_SCANNER": "test:",
        "MAPPING_LOG_LEVEL": "WARNING",
    }
    headers = {"X-Api-Key": issuer.token(["mapping:read"])}
    port, bare_port = free_port(), free_port()
    argv = [sys.executable, "-m", "chassis", "serve", "mapping", "--port", str(port)]
    bare_argv = [sys.executable, "-m", "uvicorn", "bench.bare_locate:create", "--factory"]
    bare_argv += ["--port", str(bare_port), "--no-access-log", "--log-level", "warning"]
    queries = [f"point={lon:.6f},{lat:.6f}" for lon, lat in _draw(_POINTS)]
    paths = [f"/citytown/mapping/v1/locate?areas=gb-wards&{query}" for query in queries]
    ours = LoadPlan(HOST, port, paths, headers, _REQUESTS)
    limit = LoadPlan(HOST, bare_port, [f"/locate?{query}" for query in queries], {}, _REQUESTS)
    with (
        server(argv, environment, port, "/health/live") as service,
        server(bare_argv, {"BARE_LAYERS": str(folder)}, bare_port, "/live") as bare,
    ):
        rate, bare_rate = best_rates(_ROUNDS, [(service, ours), (bare, limit)])
        batch = min(_time_batch(port, headers) for _ in range(_ROUNDS))
        before = cpu_seconds(service)
        _time_batch(port, headers)
        batch_cpu = cpu_seconds(service) - before
    return [
        Figure("point look-up, ours", rate.per_cpu_second, "req/CPU-s"),
        Figure("point look-up, bare Starlette + Shapely + msgspec", bare_rate.per_cpu_second, "req/CPU-s"),
        Figure("point look-up, ours / bare", rate.per_cpu_second / bare_rate.per_cpu_second, "x", least=0.35),
        Figure("point look-up, p99", rate.result.p99, "ms"),
        Figure("batch of 10,000 points over all areas and zones", batch, "s", most=0.5),
        Figure("the same, CPU of the server", batch_cpu, "s"),
    ]


def _draw(count: int) -> list[list[float]]:
    points: list[list[float]] = np.random.default_rng(1).uniform(*_BOX, (count, 2)).tolist()
    return points


def _list_zones() -> list[dict[str, Any]]:
    """List citytown's layers of areas and zones, but for zones that are points."""
    layers = read_manifest("citytown", kinds=("areas", "zones"))
    return [layer for layer in layers if layer["geometry_type"] == "Polygon"]


def _time_batch(port: int, headers: dict[str, str]) -> float:
    names = [layer["name"] for layer in _list_zones()]
    body = json.dumps({"points": _draw(_BATCH), "areas": names})
    url = f"http://{HOST}:{port}/citytown/mapping/v1/locate:batch"
    start = time.perf_counter()
    response = httpx.post(
        url,
        content=body,
        headers={**headers, "Content-Type": "application/json"},
        timeout=60,
        trust_env=False,
    )
    response.raise_for_status()
    return time.perf_counter() - start
