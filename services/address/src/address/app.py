"""The address service, composed."""

from fastapi import FastAPI

from chassis.app import Service, create_app

from address.actions import command
from address.events import PropertyChanged, PropertyCreated
from address.settings import Settings
from address.tables import metadata

service = Service(
    name="address",
    title="Townhall address",
    settings=Settings,
    metadata=metadata,
    publishes=[PropertyCreated, PropertyChanged],
    commands={"load": command.load},
)


def create() -> FastAPI:
    return create_app(service)
