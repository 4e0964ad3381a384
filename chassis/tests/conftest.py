"""The chassis is tested through a small service of its own: notes, with every part in use."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the package `notes` beside this file

from consumer_harness import Harness
from notes.app import service as notes

from chassis import streams


@pytest.fixture(scope="session")
def service():
    return notes


@pytest.fixture(scope="module")
async def nc(nats_url):
    client = await streams.connect(nats_url, "test")
    yield client
    await client.close()


@pytest.fixture
async def harness(nc, database):
    harness = Harness(nc, database)
    await harness.set_up()
    return harness
