"""A worker of one consumer in a process of its own, to be killed: URL of PostgreSQL, of NATS, capability."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from consumer_harness import Harness
from notes.app import Settings

from chassis.broker.connection import Access, connect
from chassis.database import Database
from chassis.delivery import runner as deliveries
from chassis.delivery import settlement


async def main(database_url, nats_url, capability):
    settlement.BATCH = deliveries.BATCH = 50
    database = Database(Settings(database_url=database_url), "notes", rows_secured=True)
    client = await connect(Access(nats_url, "test"), "worker")
    harness = Harness(client, database, capability=capability)
    harness.behave = lambda session, event: asyncio.sleep(0.002)
    await harness.make_runner().run()


asyncio.run(main(*sys.argv[1:]))
