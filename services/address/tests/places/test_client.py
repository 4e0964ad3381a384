"""OS's own Python client, unmodified, on a real server: only its base address is another one."""

import asyncio
import socket
from threading import Thread

import pytest
import uvicorn
from osdatahub import Extent, PlacesAPI
from shapely.geometry import Polygon

from address.shared import projections
from chassis.testing import eventually
from services.address.tests.samples import GAZETTEER

pytestmark = pytest.mark.usefixtures("gazetteer")


@pytest.fixture(scope="module")
async def base(app, gazetteer):
    """The address of a server of the app, on a port of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = Thread(target=lambda: asyncio.run(server.serve([listening])), daemon=True)
    thread.start()
    await eventually(lambda: server.started)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/citytown/address/search/places/v1/"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def places(base, mint, monkeypatch):
    """OS's client with its base address changed, and nothing else."""
    monkeypatch.setattr(PlacesAPI, "_PlacesAPI__ENDPOINT", base)
    return PlacesAPI(mint(scopes=["address:read"], typ="key+jwt"))


def uprns(collection):
    return [feature["properties"]["UPRN"] for feature in collection["features"]]


def test_find_with_all_its_options(places):
    collection = places.find(
        "4 acacia road bath",
        limit=5,
        minmatch=0.5,
        matchprecision=3,
        classification_code=["RD04", "RD06"],
        logical_status_code=1,
        dataset="LPI",
    )
    assert uprns(collection)[0] == "1004"
    assert collection["features"][0]["geometry"]["coordinates"] == [375000.25, 165000.75]
    assert collection["features"][0]["properties"]["PAO_START_NUMBER"] == "4"


def test_a_postcode_of_250_addresses_comes_whole_in_three_pages(places):
    collection = places.postcode("BA2 9ZZ", limit=1000)
    assert uprns(collection) == [str(5000 + number) for number in range(1, 251)]


def test_a_uprn_in_degrees(places):
    collection = places.uprn(1004, output_crs="EPSG:4326")
    (expected,) = projections.to_lonlat([(375000.25, 165000.75)])
    assert collection["features"][0]["geometry"]["coordinates"] == pytest.approx(
        expected, abs=1e-6
    )  # it rounds


def test_both_datasets_of_a_uprn(places):
    collection = places.uprn(1004, dataset=["DPA", "LPI"])
    assert uprns(collection) == ["1004", "1004"]


def test_the_nearest_on_the_grid_and_by_degrees(places):
    (degrees,) = projections.to_lonlat([(375010.0, 165010.0)])
    # This client's own checks of types insist on both filters here.
    filters = {"classification_code": "RD*", "logical_status_code": 1}
    on_grid = places.nearest((375010, 165010), "EPSG:27700", radius=50, **filters)
    by_degrees = places.nearest(degrees, "EPSG:4326", radius=50, output_crs="EPSG:4326", **filters)
    assert len(uprns(on_grid)) == 1
    assert uprns(on_grid) == uprns(by_degrees)


@pytest.mark.parametrize("system", ["EPSG:27700", "EPSG:4326"])
def test_an_extent_is_queried_by_its_polygon_in_pages(places, system):
    ring = [(369900, 159900), (370100, 159900), (370100, 160100), (369900, 160100)]
    corners = ring if system == "EPSG:27700" else projections.to_lonlat(ring)
    collection = places.query(Extent(Polygon(corners), system), limit=1000)
    assert sorted(uprns(collection)) == [str(5000 + number) for number in range(1, 251)]


def test_an_extent_from_a_radius_and_filters(places):
    extent = Extent.from_radius((375000, 165000), 30, "EPSG:27700")
    collection = places.query(extent, limit=500, classification_code="RD06", logical_status_code="1")
    assert sorted(uprns(collection)) == ["2001", "2002", "2003", "2004", "2005"]
    everything = places.query(extent, limit=500)
    assert len(uprns(everything)) == len(GAZETTEER) - 250
