"""The mapping service and its application."""

from fastapi import FastAPI

from chassis.app import Service, create_app
from mapping import consumers, routes, tables
from mapping.settings import Settings

service = Service(
    name="mapping",
    title="Townhall Mapping",
    settings=Settings,
    metadata=tables.metadata,
    routers=[routes.router],
    consumers=[consumers.properties],
)


def create() -> FastAPI:
    """Create the ASGI application, for uvicorn's ``--factory``."""
    return create_app(service)
