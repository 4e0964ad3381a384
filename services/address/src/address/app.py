"""The address service, composed."""

from fastapi import FastAPI

import address.batches.tables
import address.changes.tables
import address.developments.tables
import address.loading.tables
import address.number_ranges.tables
import address.postcodes.tables
import address.properties.tables
import address.read_model.tables
import address.references.tables
import address.streets.tables  # noqa: F401 - the metadata hold the tables of every domain
from address import events
from address.batches import routes as batches
from address.batches.actions import jobs as batch_jobs
from address.batches.actions import match_command
from address.changes import routes as changes
from address.consumers import CONSUMERS
from address.developments import routes as developments
from address.loading.actions import command, snapshots
from address.matching import routes as matching
from address.number_ranges import routes as number_ranges
from address.places.routes import places, suggestions
from address.postcodes import consumers as postcode_consumers
from address.postcodes.actions import postcode_load
from address.postcodes.routes import areas as postcode_areas
from address.postcodes.routes import bulk, envelope
from address.properties.routes import names, properties
from address.references import routes as references
from address.settings import Settings
from address.shared.tables import metadata
from address.streets import routes as streets
from chassis.app import Service, create_app
from chassis.openapi import CrossOrigin

service = Service(
    name="address",
    title="Townhall address",
    settings=Settings,
    metadata=metadata,
    routers=[  # the most asked first: they are tried in this order
        properties.router,
        places.router,
        suggestions.router,
        matching.router,
        batches.router,
        references.router,
        bulk.router,
        postcode_areas.router,
        names.router,
        streets.router,
        developments.router,
        number_ranges.router,
        changes.router,
    ],
    consumers=[*CONSUMERS, postcode_consumers.outcodes],
    jobs=[batch_jobs.handlers],
    schedules=batch_jobs.schedules,
    shapes=[places.shape, envelope.shape],
    cross_origin=[CrossOrigin(places.shape.base), CrossOrigin(envelope.shape.base, expose=["ETag"])],
    publishes=[
        events.PropertyCreated,
        events.PropertyChanged,
        events.PropertyRetired,
        events.StreetCreated,
        events.StreetChanged,
        events.StreetRetired,
    ],
    commands={"load": command.load, "postcodes": postcode_load.load, "match-batch": match_command.command},
    snapshots={"streets": snapshots.add_streets, "properties": snapshots.add_properties},
)


def create() -> FastAPI:
    return create_app(service)
