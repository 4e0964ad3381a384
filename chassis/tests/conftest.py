"""The chassis is tested through a small service of its own: notes, with every part in use."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the package `notes` beside this file

from notes.app import service as notes

from chassis import relay, streams


@pytest.fixture(scope="session")
def service():
    return notes


@pytest.fixture(scope="module")
async def nc(nats_url):
    """Connect to NATS, with the streams of notes and of dead letters."""
    client = await streams.connect(nats_url, "test")
    await streams.ensure(client, "notes")
    await streams.ensure_dead_letters(client)
    yield client
    await client.close()


@pytest.fixture(scope="module")
def js(nc):
    return streams.jetstream(nc)


@pytest.fixture
async def connection(database):
    connection = await relay.connect(database)
    yield connection
    await connection.close()
