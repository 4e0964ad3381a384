"""A small council with layers of each kind, at the service's own address."""

from datetime import UTC, datetime

import pytest
import shapely

from mapping.collections.rules.states import NewFeature
from services.mapping.tests.features.standard import Ogc
from services.mapping.tests.layer_world import GRIT_BINS, WARDS, bin_at, clear, publish, square

TREES = {
    **GRIT_BINS,
    "name": "trees",
    "title": "Trees",
    "synthetic": True,
    "properties": [
        ("ref", "Number", "string", "public", True, ()),
        ("height", "Height in metres", "number", "public", False, ()),
        ("felled", "Felled", "boolean", "public", False, ()),
        ("planted", "Planted on", "date", "public", False, ()),
        ("seen", "Last seen", "date-time", "public", False, ()),
        ("species", "Species", "string", "public", False, ("Oak", "Ash")),
        ("owner", "Owner", "string", "staff", False, ()),
    ],
}
SECRET = {**GRIT_BINS, "name": "refuges", "title": "Refuges", "audience": "restricted"}
REGION_WARDS = {**WARDS, "name": "gb-wards", "title": "Wards of Great Britain", "storage_srid": 84}


def tree(number, easting=None, northing=None, **properties):
    """A tree at metres of the National Grid, or without a place."""
    place = None if easting is None else shapely.Point(easting, northing)
    return NewFeature(f"T{number}", place, {"ref": f"T{number}", **properties})


def make_trees():
    """25 trees in a row, one of them without a place."""
    rows = [
        tree(
            number,
            374_000 + 100 * number,
            164_500,
            height=number + 0.5,
            felled=number % 5 == 0,
            planted=f"19{50 + number}-03-01",
            seen=f"2026-04-{number + 1:02}T09:00:00Z",
            species="Oak" if number % 2 else "Ash",
            owner="A. Person",
        )
        for number in range(24)
    ]
    return [*rows, tree(24)]


@pytest.fixture(scope="module")
async def layers(database, client):
    """Publish the small council's layers, and wait until the service knows them."""
    await clear(database)
    wards = [square("E05000001", 374_000, 164_000), square("E05000002", 375_000, 164_000)]
    old = NewFeature(
        "E05000000",
        shapely.box(374_000, 164_000, 376_000, 165_000),
        {"code": "E05000000", "name": "Both"},
        datetime(2000, 5, 4, tzinfo=UTC),
        datetime(2013, 5, 2, tzinfo=UTC),
    )
    new = [
        NewFeature(ward.fid, ward.geometry, ward.properties, datetime(2013, 5, 2, tzinfo=UTC))
        for ward in wards
    ]
    degrees = NewFeature("W1", shapely.box(-2.4, 51.3, -2.3, 51.4), {"code": "W1", "name": "Bath"})
    published = {
        "trees": await publish(database, "citytown", TREES, make_trees()),
        "grit-bins": await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375_000, 165_000)]),
        "wards": await publish(database, "citytown", WARDS, [old, *new]),
        "refuges": await publish(database, "citytown", SECRET, [bin_at(9, 375_500, 165_000)]),
        "gb-wards": await publish(database, "region", REGION_WARDS, [degrees]),
    }
    await client._transport.app.state.snapshots.refresh()
    return published


@pytest.fixture(scope="module")
def ogc(client, layers):
    """Ask for resources below the landing page: ``await ogc("/collections", limit=1)``."""
    return Ogc(client)
