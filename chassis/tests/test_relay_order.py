"""The order of events under a race: many writers, few aggregates, rollbacks, savepoints, both lanes.

A break is an event of an aggregate that stands in the stream before one with a lower sequence.
"""

import asyncio
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import asyncpg
import pytest
from event_helpers import get_last_sequence, list_events, running_broker
from notes.app import NoteWritten
from sqlalchemy import text

from chassis import outbox, relay
from chassis.database import Database
from chassis.relay import Relay
from chassis.testing import eventually

WRITERS = 8
AGGREGATES = 5
LOCK = text("UPDATE thing SET version = version + 1 WHERE id = :id RETURNING version")
DRAW = text("SELECT nextval(pg_get_serial_sequence('outbox', 'id'))")
DRAW_TRANSACTION = text("SELECT pg_current_xact_id()")

# An id drawn before the lock: the row gets a copy with it, and goes.
EARLY = text("""WITH late AS (DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox
        WHERE txid = pg_current_xact_id()) RETURNING *)
    INSERT INTO outbox (id, council, ordering_key, bulk, event_id, nats_subject, envelope)
    OVERRIDING SYSTEM VALUE
    SELECT :early, council, ordering_key, bulk, event_id, nats_subject, envelope FROM late""")


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """A server of these tests' own: consumers of other tests would have to process these events."""
    with running_broker(tmp_path_factory.mktemp("nats")) as broker:
        yield broker


@pytest.fixture(scope="module")
async def things(database_url):
    """A table of aggregates: what locks one is its row."""
    owner = await asyncpg.connect(database_url.replace("//notes:", "//notes_owner:"))
    await owner.execute("CREATE TABLE thing (id int PRIMARY KEY, version int NOT NULL)")
    await owner.execute("INSERT INTO thing SELECT n, 0 FROM generate_series(1, 50) n")
    yield owner
    await owner.execute("DROP TABLE thing")
    await owner.close()


@pytest.fixture
async def fresh_things(things):
    await things.execute("UPDATE thing SET version = 0")
    return things


@dataclass
class Race:
    """Writers of events. ``early_ids``: they draw the id of an event before they lock its aggregate."""

    database: Database
    transactions: int
    seed: int
    early_ids: bool = False
    committed: Counter = field(default_factory=Counter)

    async def run(self):
        await asyncio.gather(*(self.write_all(random.Random(self.seed + n)) for n in range(WRITERS)))

    async def write_all(self, rng):
        for _ in range(self.transactions // WRITERS):
            with suppress(ZeroDivisionError):
                await self.write(rng)

    async def write(self, rng):
        thing = rng.randint(1, AGGREGATES)
        bulk = rng.random() < 0.3
        async with self.database.writing("citytown") as session:
            if rng.random() < 0.5:  # an audit or idempotency row: the transaction's number is drawn early
                await session.scalar(DRAW_TRANSACTION)
                await asyncio.sleep(rng.random() * 0.004)
            if rng.random() < 0.1:
                await self.roll_back_to_savepoint(session, rng.randint(1, AGGREGATES))
            early_id = await session.scalar(DRAW) if self.early_ids else None
            await asyncio.sleep(rng.random() * 0.004)
            await self.change(session, thing, bulk=bulk, early_id=early_id)
            await asyncio.sleep(rng.random() * 0.004)
            if rng.random() < 0.1:
                raise ZeroDivisionError  # and all of it is rolled back
        self.committed[thing] += 1

    async def roll_back_to_savepoint(self, session, thing):
        with suppress(ZeroDivisionError):
            async with session.connection.begin_nested():
                await self.change(session, thing, bulk=False)
                raise ZeroDivisionError

    async def change(self, session, thing, *, bulk, early_id=None):
        """Change an aggregate: lock it, and write the event with the version that this gives."""
        version = await session.scalar(LOCK, {"id": thing})
        event = outbox.Event(NoteWritten(text="x"), str(thing), version)
        await outbox.add_all(session, [event], council="citytown", bulk=bulk)
        if early_id is not None:
            await session.execute(EARLY, {"early": early_id})


async def publish(race, nc, js):
    """Run a race while a relay publishes, and list the events in the stream."""
    before = await get_last_sequence(js)
    connection = await relay.connect(race.database)
    publishing = asyncio.create_task(Relay(connection, nc).run())
    await race.run()

    async def is_empty():
        async with race.database.reading() as session:
            return await session.scalar(text("SELECT count(*) FROM outbox")) == 0

    await eventually(is_empty, within=30)
    publishing.cancel()
    with suppress(asyncio.CancelledError):
        await publishing
    await connection.close()
    return await list_events(js, before)


def count_breaks(events):
    last = Counter()
    breaks = 0
    for event in events:
        breaks += event["sequence"] <= last[event["subject"]]
        last[event["subject"]] = max(event["sequence"], last[event["subject"]])
    return breaks


async def prove_order(race, nc, js):
    """Every committed change is in the stream, once, and each aggregate's in the order of its sequence."""
    events = await publish(race, nc, js)
    assert Counter(event["subject"] for event in events) == {
        str(thing): count for thing, count in race.committed.items()
    }
    sequences = {}
    for event in events:
        sequences.setdefault(event["subject"], []).append(event["sequence"])
    assert sequences == {str(thing): list(range(1, count + 1)) for thing, count in race.committed.items()}


@pytest.mark.parametrize("seed", [1])
async def test_each_aggregate_keeps_its_order_under_a_race(database, nc, js, fresh_things, seed):
    await prove_order(Race(database, 240, seed), nc, js)


@pytest.mark.timeout(240)
@pytest.mark.long
@pytest.mark.parametrize("seed", [10, 20])
async def test_each_aggregate_keeps_its_order_under_a_long_race(database, nc, js, fresh_things, seed):
    await prove_order(Race(database, 5_000, seed), nc, js)


async def test_an_id_drawn_before_the_lock_breaks_the_order(database, nc, js, fresh_things):
    """The control: the race sees breaks where there are some."""
    assert count_breaks(await publish(Race(database, 240, 3, early_ids=True), nc, js)) > 0


async def test_a_race_without_the_guard_between_lanes_breaks_the_order(
    database, nc, js, fresh_things, monkeypatch
):
    """The control of the lanes."""

    async def select_all(self, rows, lane):
        return rows

    monkeypatch.setattr(Relay, "_select_ready", select_all)
    assert count_breaks(await publish(Race(database, 240, 4), nc, js)) > 0


async def test_an_early_transaction_that_changes_the_aggregate_later_is_published_later(
    database, nc, js, connection, fresh_things
):
    """The counter-example to a horizon of transaction ids: three sessions, of which one stays open.

    The first draws its transaction id, and a stranger the next. A third changes the aggregate and commits;
    then the first does. Below the stranger's id there is only the second change.
    """
    before = await get_last_sequence(js)
    race = Race(database, 0, 0)
    async with database.writing("citytown") as stranger:
        async with database.writing("citytown") as first:
            await first.scalar(DRAW_TRANSACTION)
            await stranger.scalar(DRAW_TRANSACTION)
            async with database.writing("citytown") as third:
                await race.change(third, 50, bulk=False)
            await race.change(first, 50, bulk=False)
        horizon = "SELECT count(*) FROM outbox WHERE txid < pg_snapshot_xmin(pg_current_snapshot())"
        assert await connection.fetchval(horizon) == 1  # so the horizon would publish the second alone
        await Relay(connection, nc).drain()
    assert [event["sequence"] for event in await list_events(js, before)] == [1, 2]
