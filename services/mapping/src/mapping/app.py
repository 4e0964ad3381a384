"""The mapping service, composed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import mapping.points.tables  # noqa: F401 - the metadata hold the tables of every domain
from chassis.app import Service, create_app
from mapping.points import consumers as points_consumers
from mapping.points import routes as points_routes
from mapping.settings import Settings
from mapping.shared.coordinates import check_grid
from mapping.shared.tables import metadata


@asynccontextmanager
async def _start(_: FastAPI) -> AsyncIterator[None]:
    check_grid()
    yield


service = Service(
    name="mapping",
    title="Townhall Mapping",
    settings=Settings,
    metadata=metadata,
    routers=[points_routes.router],
    consumers=[points_consumers.properties],
    start=_start,
)


def create() -> FastAPI:
    """Create the ASGI application, for uvicorn's ``--factory``."""
    return create_app(service)
