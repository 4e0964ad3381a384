"""``/health/live``, ``/health/ready`` and ``/metrics``: for the platform, not part of the contract.

Ready means: it can answer requests, so database and migrations count. NATS is reported and does not count:
while it is away changes wait in the outbox, and taking the service out of rotation would only add harm.
"""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from chassis.database import Database

router = APIRouter(include_in_schema=False)

_REVISIONS = text("SELECT version_num FROM alembic_version")
_WAITING = text("SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT 10000) AS waiting")


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
    from chassis.migrations import at_head  # noqa: PLC0415 - a worker need not carry Alembic

    try:
        async with asyncio.timeout(3), database.reading() as session:
            revisions = [row.version_num for row in await session.all(_REVISIONS)]
            waiting = await session.scalar(_WAITING)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        return {"database": f"away: {type(error).__name__}", "migrations": "unknown", "outbox": None}
    migrated = await asyncio.to_thread(at_head, package, revisions)
    return {"database": "ok", "migrations": "ok" if migrated else "behind", "outbox": waiting}


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
