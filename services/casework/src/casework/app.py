"""The casework service and its application."""

from fastapi import FastAPI

from casework import routes, tables
from casework.settings import Settings
from chassis.app import Service, create_app

service = Service(
    name="casework",
    title="Townhall Casework",
    settings=Settings,
    metadata=tables.metadata,
    routers=[routes.router],
)


def create() -> FastAPI:
    """Create the ASGI application, for uvicorn's ``--factory``."""
    return create_app(service)
