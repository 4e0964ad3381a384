"""The mapping service, composed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import mapping.collections.tables
import mapping.points.tables  # noqa: F401 - the metadata hold the tables of every domain
from chassis.app import Service, create_app, run_in_background
from mapping.collections.routes import features as layer_features
from mapping.collections.routes import layers as layer_routes
from mapping.events import PUBLISHED
from mapping.exports import routes as exports
from mapping.features.routes import collections as ogc_collections
from mapping.features.routes import items as ogc_items
from mapping.features.routes.common import cross_origin as ogc_cross_origin
from mapping.mapit import routes as mapit
from mapping.office.routes import edit_pages, feature_pages, layer_pages, version_pages
from mapping.office.routes.access import pages, sign_in
from mapping.points import consumers as points_consumers
from mapping.points import routes as points_routes
from mapping.settings import Settings
from mapping.shared.coordinates import check_grid
from mapping.shared.tables import metadata
from mapping.snapshots.actions import Snapshots
from mapping.tiles.actions import Tiles
from mapping.tiles.actions.exports import write_pmtiles
from mapping.tiles.routes import styles, tile_sets
from mapping.tiles.routes import tiles as tile_routes


@asynccontextmanager
async def _start(app: FastAPI) -> AsyncIterator[None]:
    check_grid()
    snapshots = Snapshots(app.state.database, app.state.settings.snapshot_bytes)
    await snapshots.refresh()
    app.state.snapshots = snapshots
    app.state.tiles = Tiles.of_settings(snapshots, app.state.database, app.state.settings)
    try:
        async with run_in_background("layers", snapshots.follow):
            yield
    finally:
        snapshots.close()


service = Service(
    name="mapping",
    title="Townhall Mapping",
    settings=Settings,
    metadata=metadata,
    routers=[
        layer_routes.router,
        layer_features.router,
        layer_pages.router,
        edit_pages.router,
        feature_pages.router,
        version_pages.router,
        points_routes.router,
        *mapit.ROUTERS,
        *exports.ROUTERS,
        tile_sets.router,
        tile_routes.router,
        styles.router,
        ogc_collections.router,
        ogc_items.router,
    ],
    publishes=PUBLISHED,
    consumers=[points_consumers.properties],
    shapes=[mapit.shape],
    cross_origin=[mapit.cross_origin, ogc_cross_origin],
    commands={"write-pmtiles": write_pmtiles},
    start=_start,
    audited=True,
    sign_in=sign_in,
    pages=pages,
)


def create() -> FastAPI:
    """Create the ASGI application, for uvicorn's ``--factory``."""
    return create_app(service)
