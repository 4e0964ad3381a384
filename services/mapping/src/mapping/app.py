"""The mapping service, composed: one line for each part, so that parts can come side by side."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

import mapping.case_locations.tables
import mapping.collections.tables
import mapping.constraints.tables
import mapping.loading.tables
import mapping.locate.tables
import mapping.office.tables
import mapping.points.tables
import mapping.postcode_areas.tables  # noqa: F401 - the metadata hold the tables of every domain
from chassis.app import Service, create_app, run_in_background
from chassis.blobs import deletion
from chassis.problems import Problem
from mapping.case_locations import consumers as case_consumers
from mapping.case_locations import routes as case_routes
from mapping.case_locations.actions import find_open
from mapping.case_locations.actions import handlers as case_handlers
from mapping.case_locations.actions import purges as case_purges
from mapping.collections.routes import features as layer_features
from mapping.collections.routes import layers as layer_routes
from mapping.constraints.actions.searches import purges as constraint_purges
from mapping.constraints.routes import pages as constraint_pages
from mapping.constraints.routes import searches as constraint_searches
from mapping.events import PUBLISHED
from mapping.exports import routes as exports
from mapping.exports.actions.files import LayerFiles
from mapping.features.actions.ready_pages import ReadyPages
from mapping.features.routes import collections as ogc_collections
from mapping.features.routes import hot_items
from mapping.features.routes import items as ogc_items
from mapping.features.routes import transactions as ogc_transactions
from mapping.features.routes.common import cross_origin
from mapping.features.rules.transactions import Transactions
from mapping.loading import routes as loading_routes
from mapping.loading.actions import intake, publish_load, uploads
from mapping.loading.actions.commands import load_demonstration, load_layer
from mapping.locate import consumers as locate_consumers
from mapping.locate.actions import Reads
from mapping.locate.routes import hot_points, responsibilities
from mapping.locate.routes import points as locate_points
from mapping.locate.routes import properties as locate_properties
from mapping.mapit import routes as mapit
from mapping.office.routes import edit_pages, feature_pages, load_pages, version_pages
from mapping.office.routes import layer_pages as office_layer_pages
from mapping.office.routes.access import sign_in
from mapping.points import consumers as points_consumers
from mapping.points import routes as points_routes
from mapping.postcode_areas import actions as postcode_areas
from mapping.settings import Settings
from mapping.shared.coordinates import check_grid
from mapping.shared.pages import pages
from mapping.shared.tables import metadata
from mapping.snapshots.actions import Snapshots
from mapping.tiles.actions import Tiles
from mapping.tiles.actions.exports import write_pmtiles
from mapping.tiles.actions.ogc import OgcTiles
from mapping.tiles.routes import styles, tile_sets
from mapping.tiles.routes import tiles as tile_routes
from mapping.viewer.routes import layers as layer_pages
from mapping.viewer.routes import maps, pins, places


@asynccontextmanager
async def _start(app: FastAPI) -> AsyncIterator[None]:
    check_grid()
    snapshots = Snapshots(app.state.database, app.state.settings.snapshot_bytes)
    await snapshots.refresh()
    app.state.snapshots = snapshots
    app.state.layer_files = layer_files = LayerFiles()
    app.state.ready_pages = ReadyPages(app.state.settings.page_bytes)
    app.state.look_ups = Reads(snapshots, app.state.database, find_cases=find_open)
    app.state.ogc_extensions = [OgcTiles(), Transactions()]
    app.state.tiles = Tiles.of_settings(snapshots, app.state.database, app.state.settings)
    with suppress(Problem):  # without these files only pages fail, and say so
        await asyncio.to_thread(app.state.assets.url, "map-pages.js")  # all are packed, once
    try:
        async with run_in_background("layers", snapshots.follow):
            yield
    finally:
        layer_files.close()
        snapshots.close()


service = Service(
    name="mapping",
    title="Townhall Mapping",
    settings=Settings,
    metadata=metadata,
    routers=[
        ogc_items.router,  # asked most: routes are tried in this order
        tile_routes.router,  # the hottest reads: each router before it costs them some microseconds
        points_routes.router,
        locate_points.router,
        locate_properties.router,
        responsibilities.router,
        case_routes.router,
        constraint_searches.router,
        constraint_pages.router,
        layer_routes.router,
        layer_features.router,
        loading_routes.router,
        ogc_collections.router,
        ogc_transactions.router,
        tile_sets.router,
        styles.router,
        *mapit.ROUTERS,
        *exports.ROUTERS,
        layer_pages.router,
        maps.router,
        pins.router,
        places.router,
        office_layer_pages.router,
        edit_pages.router,
        feature_pages.router,
        load_pages.router,
        version_pages.router,
    ],
    hot_reads=[
        *tile_routes.hot_reads,
        hot_items.hot_read,
        hot_points.hot_read,
    ],
    publishes=PUBLISHED,
    consumers=[
        points_consumers.properties,
        locate_consumers.streets,
        case_consumers.cases,
    ],
    shapes=[
        mapit.shape,
    ],
    cross_origin=[
        cross_origin,
        mapit.cross_origin,
    ],
    commands={
        "load-demonstration": load_demonstration,
        "load-layer": load_layer,
        "write-pmtiles": write_pmtiles,
    },
    jobs=[
        deletion.handlers,
        intake.handlers,
        publish_load.handlers,
        case_handlers,
        postcode_areas.handlers,
    ],
    schedules=postcode_areas.schedules,
    snapshots={"outcodes": postcode_areas.add_snapshots},
    purges=[
        *uploads.PURGES,
        *case_purges,
        *constraint_purges,
    ],
    start=_start,
    audited=True,
    sign_in=sign_in,
    pages=pages,
)


def create() -> FastAPI:
    """Create the ASGI application, for uvicorn's ``--factory``."""
    return create_app(service)
