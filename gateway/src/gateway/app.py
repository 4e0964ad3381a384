"""The control plane's app: it runs the loop and reports on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from gateway.control_plane import ControlPlane
from gateway.identity_client import IdentityClient
from gateway.settings import Settings

READY_AGE = 30.0
"""Seconds since identity's last answer after which the control plane is not ready. Traffic flows on."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Create the app. Without settings it reads them from the environment."""
    app_settings = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        control_plane = ControlPlane(app_settings, IdentityClient(app_settings))
        app.state.control_plane = control_plane
        app.state.registry = _build_registry(control_plane)
        app.state.loop = asyncio.create_task(control_plane.run())
        yield
        app.state.loop.cancel()
        await asyncio.gather(app.state.loop, return_exceptions=True)

    app = FastAPI(title="Townhall gateway control plane", lifespan=lifespan, openapi_url=None)
    app.add_api_route("/health/live", get_liveness)
    app.add_api_route("/health/ready", get_readiness)
    app.add_api_route("/metrics", get_metrics)
    return app


def _get_control_plane(request: Request) -> ControlPlane:
    control_plane: ControlPlane = request.app.state.control_plane
    return control_plane


async def get_liveness(request: Request, response: Response) -> dict[str, str]:
    """Answer 200 while the loop runs, and 500 with the reason when it has stopped for good."""
    loop: asyncio.Task[None] = request.app.state.loop
    if not loop.done():
        return {"status": "ok"}
    response.status_code = 500
    return {"status": "stopped", "reason": repr(loop.exception())}


async def get_readiness(
    control_plane: Annotated[ControlPlane, Depends(_get_control_plane)], response: Response
) -> dict[str, str]:
    """Answer 200 while identity answers, else 503 with the reason."""
    if control_plane.age < READY_AGE:
        return {"status": "ok"}
    response.status_code = 503
    reason = control_plane.last_error or "identity has not been asked yet"
    return {"status": "waiting", "reason": reason}


async def get_metrics(request: Request) -> Response:
    """Show the metrics to Prometheus. Envoy's own are at its admin port, /stats/prometheus."""
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)


def _build_registry(control_plane: ControlPlane) -> CollectorRegistry:
    registry = CollectorRegistry()

    def add_gauge(name: str, meaning: str) -> Gauge:
        return Gauge(f"gateway_{name}", meaning, registry=registry)

    add_gauge("snapshot_age_seconds", "Since identity last answered").set_function(lambda: control_plane.age)
    add_gauge("writes", "Times that files of Envoy's changed").set_function(lambda: control_plane.writes)
    add_gauge("councils", "Councils known").set_function(
        lambda: len(control_plane.snapshot.councils) if control_plane.snapshot else 0
    )
    add_gauge("revoked", "Credentials refused").set_function(
        lambda: len(control_plane.snapshot.revoked) if control_plane.snapshot else 0
    )
    return registry
