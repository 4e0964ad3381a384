"""The control plane as a service: the loop, and what an operator asks about it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from gateway.control import Control
from gateway.identity import Identity
from gateway.settings import Settings

log = logging.getLogger(__name__)

READY_AGE = 30.0
"""Seconds since identity's last answer after which this says that it is not ready. Traffic flows on."""


def create(settings: Settings | None = None) -> FastAPI:
    """The app. Its settings come from the environment when none are given."""
    chosen = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        control = Control(chosen, Identity(chosen))
        app.state.control = control
        app.state.registry = _registry(control)
        running = asyncio.create_task(control.run())
        app.state.running = running
        yield
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    app = FastAPI(title="Townhall gateway control plane", lifespan=lifespan, openapi_url=None)
    app.add_api_route("/health/live", live)
    app.add_api_route("/health/ready", ready)
    app.add_api_route("/metrics", metrics)
    return app


def _control(request: Request) -> Control:
    control: Control = request.app.state.control
    return control


async def live(request: Request, response: Response) -> dict[str, str]:
    """200 while the loop runs; 500 with the reason when it has stopped for good."""
    running: asyncio.Task[None] = request.app.state.running
    if not running.done():
        return {"status": "ok"}
    response.status_code = 500
    return {"status": "stopped", "reason": repr(running.exception())}


async def ready(control: Annotated[Control, Depends(_control)], response: Response) -> dict[str, str]:
    """200 when identity has answered lately, else 503 and why it has not."""
    if control.age < READY_AGE:
        return {"status": "ok"}
    response.status_code = 503
    return {"status": "waiting", "reason": control.trouble or "identity has not been asked yet"}


async def metrics(request: Request) -> Response:
    """For Prometheus. Envoy's own figures are at its admin port, /stats/prometheus."""
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)


def _registry(control: Control) -> CollectorRegistry:
    registry = CollectorRegistry()

    def figure(name: str, meaning: str) -> Gauge:
        return Gauge(f"gateway_{name}", meaning, registry=registry)

    figure("snapshot_age_seconds", "Since identity last answered").set_function(lambda: control.age)
    figure("writes", "Times that files of Envoy's changed").set_function(lambda: control.writes)
    figure("councils", "Councils known").set_function(
        lambda: len(control.snapshot.councils) if control.snapshot else 0
    )
    figure("revoked", "Credentials refused").set_function(
        lambda: len(control.snapshot.revoked) if control.snapshot else 0
    )
    return registry
