"""The chassis is tested through a small service of its own: notes, with every part in use."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the package `notes` beside this file

from consumer_harness import Harness
from event_helpers import running_broker
from job_harness import JobHarness
from notes.app import service as notes
from webhook_harness import WebhookHarness

from chassis import relay
from chassis.broker.connection import Access, connect, jetstream
from chassis.outbound import Outbound
from chassis.settings import Settings
from chassis.testing.servers import Names, trusting
from chassis.webhooks import deliveries
from dev import nats


@pytest.fixture(scope="session")
def service():
    return notes


@pytest.fixture
def make_outbound(authority):
    """Make calls that all end at this machine."""

    def make(**changes):
        settings = trusting(Settings(database_url="postgresql://none"), authority, **changes)
        return Outbound(settings, Names(["127.0.0.1"]))

    return make


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    """A NATS with the account of the notes service."""
    with running_broker(tmp_path_factory.mktemp("nats")) as broker:
        yield broker


@pytest.fixture(scope="session")
def open_nats(tmp_path_factory):
    """Return the URL of a NATS without accounts, where consumer tests make streams of their own."""
    with nats.running(tmp_path_factory.mktemp("open-nats")) as server:
        yield server.url


@pytest.fixture(scope="module")
async def open_client(open_nats):
    client = await connect(Access(open_nats, "test"), "test")
    yield client
    await client.close()


@pytest.fixture
async def harness(open_client, database):
    harness = Harness(open_client, database)
    await harness.set_up()
    return harness


@pytest.fixture
async def jobs(database, settings):
    """Jobs on an empty queue."""
    harness = JobHarness(database, settings)
    await harness.clear()
    yield harness
    await harness.clear()


@pytest.fixture(scope="module")
async def nc(broker):
    """Connect to NATS as the notes service."""
    client = await connect(broker.access("notes"), "test")
    yield client
    await client.close()


@pytest.fixture(scope="module")
async def owner(broker):
    """Connect to NATS as the owner of its streams."""
    client = await connect(broker.access("owner"), "test")
    yield client
    await client.close()


@pytest.fixture(scope="module")
def js(owner):
    return jetstream(owner)


@pytest.fixture
async def connection(database):
    connection = await relay.connect(database)
    yield connection
    await connection.close()


@pytest.fixture
async def hooks(client, mint, jobs, server, authority, monkeypatch):
    """Webhooks whose subscribers are all at this machine, by https with the tests' own CA."""
    local = trusting(jobs.settings, authority, outbound_circuit_failures=1000)
    outbound = Outbound(local, Names(["127.0.0.1"]))
    monkeypatch.setattr(deliveries, "Outbound", lambda _: outbound)
    jobs.handlers = deliveries.make_handlers(notes.webhooks)
    harness = WebhookHarness(client, mint, jobs, server)
    yield harness
    await harness.clear()
