"""The address service, composed."""

from fastapi import FastAPI

from address.actions import command
from address.consumers import CONSUMERS
from address.events import PropertyChanged, PropertyCreated
from address.routes import addresses, places
from address.settings import Settings
from address.tables import metadata
from chassis.app import Service, create_app

service = Service(
    name="address",
    title="Townhall address",
    settings=Settings,
    metadata=metadata,
    routers=[places.router, addresses.router],
    consumers=CONSUMERS,
    shapes=[places.shape],
    publishes=[PropertyCreated, PropertyChanged],
    commands={"load": command.load},
)


def create() -> FastAPI:
    return create_app(service)
