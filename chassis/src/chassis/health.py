"""``/health/live``, ``/health/ready`` and ``/metrics``: for the platform, not part of the contract.

Ready means that it can answer requests, so the database and its migrations count. NATS is reported and does
not count: while it is away, events wait in the outbox and requests are answered.
"""

import asyncio
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from chassis.database import Database

router = APIRouter(include_in_schema=False)

_READ_REVISIONS = "SELECT version_num FROM alembic_version"
_COUNT_OUTBOX = "SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT 10000) AS waiting"


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Answer that the process runs."""
    return {"status": "live"}


@router.get("/health/ready")
async def ready(request: Request) -> Response:
    """Answer whether the service is ready, and the state of each part."""
    state = request.app.state
    parts = await _check_database(state.database, state.service.name)
    parts["nats"] = await _check_nats(state.settings.nats_url)
    is_ready = parts["database"] == "ok" and parts["migrations"] == "ok"
    return JSONResponse({"status": "ready" if is_ready else "not ready", **parts}, 200 if is_ready else 503)


@router.get("/metrics")
async def read_metrics() -> Response:
    """Answer the process's metrics in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _check_database(database: Database, package: str) -> dict[str, Any]:
    try:
        async with asyncio.timeout(3), database.fast.acquire() as connection:
            revisions = [row["version_num"] for row in await connection.fetch(_READ_REVISIONS)]
            waiting = await connection.fetchval(_COUNT_OUTBOX)
    except Exception as error:  # noqa: BLE001 - reported, whatever it is
        return {"database": f"away: {type(error).__name__}", "migrations": "unknown", "outbox": None}
    migrated = revisions == [find_newest_revision(package)]
    return {"database": "ok", "migrations": "ok" if migrated else "behind", "outbox": waiting}


@cache
def find_newest_revision(package: str) -> str:
    """Find the last migration of this code by the number of its file: ``0002_read_model.py``."""
    files = (resources.files(f"{package}.migrations") / "versions").iterdir()
    return max(file.name.partition("_")[0] for file in files if file.name.endswith(".py"))


async def _check_nats(url: str) -> str:
    """Connect and read the INFO with which a NATS server greets."""
    place = urlsplit(url)
    try:
        async with asyncio.timeout(1):
            reader, writer = await asyncio.open_connection(place.hostname, place.port or 4222)
            greeting = await reader.readline()
            writer.close()
    except (OSError, TimeoutError) as error:
        return f"away: {type(error).__name__}"
    return "ok" if greeting.startswith(b"INFO") else "away: not a NATS server"
