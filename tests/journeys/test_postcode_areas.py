"""A layer is published, and the postcodes of address have its codes: mapping tells, address keeps."""

import asyncio
import json
import secrets
from pathlib import Path

import pytest
import shapely
from sqlalchemy import text

from chassis import ids
from chassis.broker.connection import Access, connect
from chassis.database import Database
from dev import nats, ports, stack
from mapping.collections.rules.states import NewFeature
from mapping.settings import Settings
from services.mapping.tests.layer_world import CAUSE, WARDS, publish
from tests.waiting import eventually

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
PARISHES = {**WARDS, "name": "test-parishes", "area_type": "CPC"}
POSTCODE = "BA1 1LJ"
_CENTRE = (375_200, 164_700)  # of York Street in Bath, in metres
_WITHIN = 120  # seconds: a survey begins within ten, and the machine has other work
_EXAMPLE = Path(__file__).parents[2] / "contracts/events/mapping.outcode.located.v1.json"
_SUBJECT = "townhall.citytown.mapping.outcode.located"


@pytest.fixture
async def database(platform):
    """Mapping's own database."""
    of_platform = stack.Stack(platform.state, ports.Ports(platform.base))
    environment = stack.service_environment(of_platform, "mapping")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        database = Database(Settings(), "journey", rows_secured=True)
    yield database
    await database.close()


@pytest.fixture
def read_parish(citytown):
    """Read a postcode's parish, its name there, and the generation of the layer."""

    def read():
        base = "/citytown/address"
        place = citytown.get(f"{base}/postcodes-io/postcodes/{POSTCODE}").json()["result"]
        areas = citytown.get(f"{base}/v1/postcodes/{POSTCODE}/areas").json()
        return place["codes"]["parish"], place["parish"], areas["generation"].get(PARISHES["name"])

    return read


def make_parish(code, name):
    shape = shapely.Point(*_CENTRE).buffer(2_000, quad_segs=8)
    return NewFeature("centre", shape, {"code": code, "name": name})


async def test_published_areas_are_the_codes_of_postcodes(platform, database, citytown, read_parish):
    code = f"E0400{secrets.randbelow(9_000) + 1_000}"
    layer = await publish(database, "citytown", PARISHES, [make_parish(code, "Centre")])
    expected = code, "Centre", layer.version
    await asyncio.to_thread(eventually, lambda: read_parish() == expected, within=_WITHIN, every=0.5)
    # Hillshire's own data do not have the postcode; the nation's file, where it is loaded, has no parish.
    elsewhere = citytown.get(f"/hillshire/address/postcodes-io/postcodes/{POSTCODE}")
    assert code not in elsewhere.text

    renamed = f"E0400{secrets.randbelow(9_000) + 1_000}"
    layer = await publish(database, "citytown", PARISHES, [make_parish(renamed, "Renamed")], CAUSE)
    expected = renamed, "Renamed", layer.version
    await asyncio.to_thread(eventually, lambda: read_parish() == expected, within=_WITHIN, every=0.5)

    await forge(platform, database)
    await asyncio.sleep(3)  # the consumer takes what is in the stream
    assert read_parish() == expected


async def forge(platform, database):
    """Publish, as mapping, an event of the outcode from before the last one, with other codes."""
    async with database.reading("citytown") as session:
        row = await session.first(text("SELECT * FROM outcode_areas WHERE council = 'citytown' LIMIT 1"))
    example = json.loads(_EXAMPLE.read_text())
    example = example.get("example") or example["examples"][0]
    event = {
        **example,
        "id": ids.show(ids.new()),
        "council": "citytown",
        "subject": ids.show(row.id),
        "sequence": row.version - 1,
    }
    area = {"kind": "parish", "code": "E04009999", "name": "Forged", "layer": PARISHES["name"]}
    event["data"] = {**event["data"], "outcode": row.outcode, "areas": [area], "postcodes": {"1LJ": [0]}}
    seed = json.loads((platform.state / "nats-seeds.json").read_text())["mapping"]
    access = Access(nats.url(ports.Ports(platform.base).of("nats")), "mapping", seed)
    client = await connect(access, "test")
    try:
        await client.jetstream().publish(_SUBJECT, json.dumps(event).encode())
    finally:
        await client.close()
