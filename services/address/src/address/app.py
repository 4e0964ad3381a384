"""The address service, composed."""

from fastapi import FastAPI

from address import events
from address.actions import command
from address.consumers import CONSUMERS
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
    publishes=[
        events.PropertyCreated,
        events.PropertyChanged,
        events.PropertyRetired,
        events.StreetCreated,
        events.StreetChanged,
        events.StreetRetired,
    ],
    commands={"load": command.load},
)


def create() -> FastAPI:
    return create_app(service)
