"""``/health/live``, ``/health/ready`` and ``/metrics``: for the platform, not part of the contract.

Ready means that it can answer requests, so the database and its migrations count. NATS is reported and does
not count: while it is away, events wait in the outbox and requests are answered.
"""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from chassis import metrics
from chassis.readiness import Readiness

router = APIRouter(include_in_schema=False)


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Answer that the process runs."""
    return {"status": "live"}


@router.get("/health/ready")
async def ready(request: Request) -> Response:
    """Answer whether the service is ready, and the state of each part."""
    readiness: Readiness = request.app.state.readiness
    is_ready, parts = await readiness.check()
    return JSONResponse(parts, HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)


@router.get("/metrics")
async def read_metrics(request: Request) -> Response:
    """Answer the process's metrics in Prometheus' text format."""
    pools = metrics.PoolCollector(request.app.state.database)
    return Response(metrics.render(pools), media_type=CONTENT_TYPE_LATEST)
