"""``/health/live``, ``/health/ready`` and ``/metrics``: for the platform, not part of the contract.

Ready means: it can answer requests, so database and migrations count. NATS is reported and does not count:
while it is away changes wait in the outbox, and taking the service out of rotation would only add harm.
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

_REVISIONS = "SELECT version_num FROM alembic_version"
_WAITING = "SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT 10000) AS waiting"


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process runs and its loop turns."""
    return {"status": "live"}


@router.get("/health/ready")
async def ready(request: Request) -> Response:
    """Whether requests can be answered, and how each part stands."""
    state = request.app.state
    parts = await _database(state.database, state.service.name)
    parts["nats"] = await _nats(state.settings.nats_url)
    able = parts["database"] == "ok" and parts["migrations"] == "ok"
    return JSONResponse({"status": "ready" if able else "not ready", **parts}, 200 if able else 503)


@router.get("/metrics")
async def read_metrics() -> Response:
    """Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _database(database: Database, package: str) -> dict[str, Any]:
    try:
        async with asyncio.timeout(3), database.fast.acquire() as connection:
            revisions = [row["version_num"] for row in await connection.fetch(_REVISIONS)]
            waiting = await connection.fetchval(_WAITING)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        return {"database": f"away: {type(error).__name__}", "migrations": "unknown", "outbox": None}
    migrated = revisions == [newest_revision(package)]
    return {"database": "ok", "migrations": "ok" if migrated else "behind", "outbox": waiting}


@cache
def newest_revision(package: str) -> str:
    """The last migration this code ships, by the number its file starts with: ``0002_read_model.py``."""
    files = (resources.files(f"{package}.migrations") / "versions").iterdir()
    return max(file.name.partition("_")[0] for file in files if file.name.endswith(".py"))


async def _nats(url: str) -> str:
    """A NATS server greets with INFO before anything is said to it."""
    place = urlsplit(url)
    try:
        async with asyncio.timeout(1):
            reader, writer = await asyncio.open_connection(place.hostname, place.port or 4222)
            greeting = await reader.readline()
            writer.close()
    except (OSError, TimeoutError) as error:
        return f"away: {type(error).__name__}"
    return "ok" if greeting.startswith(b"INFO") else "away: not a NATS server"
