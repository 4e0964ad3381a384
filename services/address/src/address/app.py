"""The address service, composed."""

from fastapi import FastAPI

from address import events
from address.actions import command, postcode_loads, runs, tending
from address.consumers import CONSUMERS
from address.routes import (
    addresses,
    batches,
    changes,
    developments,
    matching,
    names,
    places,
    postcodes_bulk,
    postcodes_io_answers,
    properties,
    ranges,
    references,
    streets,
)
from address.settings import Settings
from address.tables import metadata
from chassis.app import Service, create_app

service = Service(
    name="address",
    title="Townhall address",
    settings=Settings,
    metadata=metadata,
    routers=[  # the most asked first: they are tried in this order
        properties.router,
        places.router,
        addresses.router,
        matching.router,
        batches.router,
        references.router,
        postcodes_bulk.router,
        names.router,
        streets.router,
        developments.router,
        ranges.router,
        changes.router,
    ],
    consumers=CONSUMERS,
    shapes=[places.shape, postcodes_io_answers.shape],
    publishes=[
        events.PropertyCreated,
        events.PropertyChanged,
        events.PropertyRetired,
        events.StreetCreated,
        events.StreetChanged,
        events.StreetRetired,
    ],
    commands={"load": command.load, "postcodes": postcode_loads.load, "match-batches": runs.command},
    tasks={"batches": tending.tend},
)


def create() -> FastAPI:
    return create_app(service)
