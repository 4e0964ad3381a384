"""Sources of facts whose platform answers from a table, and whose suppliers are the simulators."""

from pathlib import Path

import httpx
import pytest

from apps.resident.tests.facts.answers import UPRN, Platform, make_lookup
from chassis.testing.in_process import answering
from resident.facts.actions.look_ups import look_up
from resident.facts.actions.sources import make_adapters, make_sources
from resident.settings import Settings
from simulators.__main__ import make_app
from townhall_client import AsyncTownhall, RetryPolicy

ROOT = Path(__file__).parents[4]
SUPPLIERS = "http://127.0.0.1:8019"


@pytest.fixture
def platform():
    return Platform()


@pytest.fixture(scope="module")
def suppliers():
    """Serve the simulators' application within the process."""
    app = make_app()
    with answering({SUPPLIERS: app}):
        yield app


@pytest.fixture
async def control(suppliers):
    """Change the suppliers, which are as new afterwards."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(suppliers), base_url=SUPPLIERS) as http:
        yield http
        for path in ("/waste/control/faults", "/waste/control/clock", "/vehicle-enquiry/control/faults"):
            await http.delete(path)


@pytest.fixture
def adapters(suppliers):
    return make_adapters(
        Settings(
            database_url="postgresql://nobody@127.0.0.1:1/none",
            councils=ROOT / "dev" / "data" / "council_settings.yaml",
            waste_url=f"{SUPPLIERS}/waste",
            vehicle_url=f"{SUPPLIERS}/vehicle-enquiry",
            vehicle_key="simulated",
            keeper_url=f"{SUPPLIERS}/vehicle-enquiry/keeper-agreement",
        )
    )


@pytest.fixture
async def open_sources(platform, adapters):
    """Make the sources of one page of a council."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(platform.answer)) as http:

        def open_sources(council="citytown", person=None):
            client = AsyncTownhall("http://gateway", council, retries=RetryPolicy(attempts=1), http=http)
            return make_sources(council, client, adapters, client if person else None)

        yield open_sources


@pytest.fixture
def fetch_fact(open_sources):
    """Ask a provider for a fact on a page of its own; return its fields."""

    async def fetch_fact(
        provider, inputs=None, council="citytown", person=None, case_type="missed-bin", **settings
    ):
        lookup = make_lookup(provider, {"address": UPRN} if inputs is None else inputs, **settings)
        facts = await look_up(open_sources(council, person), [lookup], {})
        return facts["fact"].fields

    return fetch_fact
