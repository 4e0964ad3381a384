"""The payments service and its application."""

from fastapi import FastAPI

from chassis.app import Service, create_app
from payments.settings import Settings
from payments.shared.tables import metadata

service = Service(
    name="payments",
    title="Townhall Payments",
    settings=Settings,
    metadata=metadata,
)


def create() -> FastAPI:
    """Create the ASGI application, for uvicorn's ``--factory``."""
    return create_app(service)
