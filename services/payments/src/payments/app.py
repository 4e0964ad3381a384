"""The payments service and its application."""

from fastapi import FastAPI

from chassis.app import Service, create_app
from payments import routes, tables
from payments.settings import Settings

service = Service(
    name="payments",
    title="Townhall Payments",
    settings=Settings,
    metadata=tables.metadata,
    routers=[routes.router],
)


def create() -> FastAPI:
    """Create the ASGI application, for uvicorn's ``--factory``."""
    return create_app(service)
