"""The relay: what is committed leaves in its order, and nothing waits for a stranger."""

import asyncio
import json
from contextlib import suppress

import asyncpg
import nats.errors
import pytest
from event_helpers import get_last_sequence, list_events, running_broker, write_note
from notes.app import NoteWritten

from chassis import outbox, relay
from chassis.broker import streams
from chassis.broker.connection import jetstream
from chassis.relay import Relay


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """A server of these tests' own: consumers of other tests would have to process these events."""
    with running_broker(tmp_path_factory.mktemp("nats")) as broker:
        yield broker


async def drain(connection, nc):
    """Publish all that may go."""
    publisher = Relay(connection, nc)
    while await publisher.drain():
        pass


async def list_texts(js, after):
    return [event["data"]["text"] for event in await list_events(js, after)]


async def test_a_change_rolled_back_publishes_nothing(database, connection, nc):
    with pytest.raises(RuntimeError):
        async with database.writing("citytown") as session:
            await outbox.add(session, NoteWritten(text="no"), council="citytown", subject="a", sequence=1)
            raise RuntimeError
    assert await Relay(connection, nc).drain() == 0


async def test_an_open_transaction_of_this_database_holds_nothing_back(database, connection, js, nc):
    before = await get_last_sequence(js)
    async with database.writing("citytown") as early_session:
        await outbox.add(
            early_session, NoteWritten(text="early"), council="citytown", subject="a", sequence=1
        )
        await write_note(database, "late", subject="b")
        await drain(connection, nc)
        assert await list_texts(js, before) == ["late"]
    await drain(connection, nc)
    assert await list_texts(js, before) == ["late", "early"]


async def test_a_transaction_of_another_database_holds_nothing_back(
    database, connection, js, nc, postgres_url
):
    before = await get_last_sequence(js)
    stranger = await asyncpg.connect(postgres_url)
    async with stranger.transaction():
        await stranger.fetchval("SELECT pg_current_xact_id()")
        await write_note(database, "one")
        await drain(connection, nc)
        assert await list_texts(js, before) == ["one"]
        assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
    await stranger.close()


async def test_a_batch_that_nats_refuses_stays_in_the_outbox(database, connection, nc):
    await write_note(database, "kept 1")
    await write_note(database, "kept 2")
    await connection.execute("UPDATE outbox SET nats_subject = 'no.stream.listens'")
    with pytest.raises(nats.errors.Error):
        await Relay(connection, nc).drain()
    assert await connection.fetchval("SELECT count(*) FROM outbox") == 2
    await connection.execute("DELETE FROM outbox")


async def test_a_thousand_events_leave_in_their_order(database, connection, js, nc):
    before = await get_last_sequence(js)
    async with database.writing("citytown") as session:
        events = [outbox.Event(NoteWritten(text=str(number)), "m", number) for number in range(1, 1201)]
        await outbox.add_all(session, events, council="citytown")
    await drain(connection, nc)
    assert [event["sequence"] for event in await list_events(js, before)] == list(range(1, 1201))


@pytest.mark.parametrize("first_is_bulk", [True, False])
async def test_an_aggregate_keeps_its_order_over_both_lanes(
    database, connection, js, nc, monkeypatch, first_is_bulk
):
    """Both ways: the earlier event is in the lane that has its turn later, so that the guard must hold."""
    before = await get_last_sequence(js)
    monkeypatch.setattr(relay, "_SMALL", relay.Lane(bulk=not first_is_bulk, batch=10))
    for lane in ("_BULK", "_BULK_AMONG_SMALL"):
        monkeypatch.setattr(relay, lane, relay.Lane(bulk=first_is_bulk, batch=10))
    await write_note(database, "other", subject="b", bulk=not first_is_bulk)
    await write_note(database, "first", subject="a", bulk=first_is_bulk)
    await write_note(database, "second", subject="a", sequence=2, bulk=not first_is_bulk)
    await write_note(database, "third", subject="a", sequence=3, bulk=first_is_bulk)
    await drain(connection, nc)
    assert await list_texts(js, before) == ["other", "first", "second", "third"]


async def test_without_the_guard_an_aggregate_loses_its_order(database, connection, js, nc, monkeypatch):
    """The control: the tests above see a break where there is one."""

    async def select_all(self, rows, lane):
        return rows

    monkeypatch.setattr(Relay, "_select_ready", select_all)
    before = await get_last_sequence(js)
    await write_note(database, "first", bulk=True)
    await write_note(database, "second", sequence=2)
    await drain(connection, nc)
    assert await list_texts(js, before) == ["second", "first"]


async def test_a_small_change_goes_before_a_load_that_was_committed_earlier(
    database, connection, js, nc, monkeypatch
):
    """The lanes alternate: after each batch of the load, what is small has its turn."""
    for lane in ("_BULK", "_BULK_AMONG_SMALL"):
        monkeypatch.setattr(relay, lane, relay.Lane(bulk=True, batch=2))
    before = await get_last_sequence(js)
    for number in range(1, 7):
        await write_note(database, f"load {number}", subject=f"load {number}", bulk=True)
    publisher = Relay(connection, nc)
    await write_note(database, "small 1", subject="small 1")
    assert await publisher.drain() == 3
    await write_note(database, "small 2", subject="small 2")
    await drain(connection, nc)
    assert await list_texts(js, before) == [
        "small 1", "load 1", "load 2", "small 2", "load 3", "load 4", "load 5", "load 6"
    ]  # fmt: skip


async def test_small_changes_that_wait_for_a_load_do_not_hold_back_those_behind_them(
    database, connection, js, nc, monkeypatch
):
    monkeypatch.setattr(relay, "_SMALL", relay.Lane(bulk=False, batch=2))
    for lane in ("_BULK", "_BULK_AMONG_SMALL"):
        monkeypatch.setattr(relay, lane, relay.Lane(bulk=True, batch=1))
    before = await get_last_sequence(js)
    for number in (1, 2, 3):
        await write_note(database, f"load {number}", subject=str(number), bulk=True)
    for number in (3, 2, 3):
        await write_note(database, f"edit of {number}", subject=str(number), sequence=2)
    await write_note(database, "free", subject="free")
    await drain(connection, nc)
    texts = await list_texts(js, before)
    assert texts[:2] == ["free", "load 1"]
    assert sorted(texts[2:]) == ["edit of 2", "edit of 3", "edit of 3", "load 2", "load 3"]
    assert texts.index("load 3") < texts.index("edit of 3")
    assert texts.index("load 2") < texts.index("edit of 2")


async def test_a_relay_that_lost_its_lock_cannot_publish_after_its_successor(database, connection, owner, nc):
    assert await list_after_takeover(database, connection, owner, nc) == ["1", "2", "3", "4"]


async def test_without_the_fence_it_could(database, connection, owner, nc, monkeypatch):
    """The control: a late batch that NATS no longer knows as a duplicate is stored behind later events."""
    monkeypatch.setattr(Relay, "_fence", lambda self: {})
    texts = await list_after_takeover(database, connection, owner, nc)
    assert texts == ["1", "2", "3", "4", "1", "2"]


async def set_duplicate_window(owner, seconds):
    """Set how long NATS itself recognises a message; nats-py does not know all of a stream's settings."""
    config = (await jetstream(owner).stream_info("NOTES")).config
    await streams.ensure_stream(owner, config.evolve(duplicate_window=seconds))


async def list_after_takeover(database, connection, owner, nc):
    """Stop a relay between reading and publishing, let another take over, and let the first go on."""
    js = jetstream(owner)
    await set_duplicate_window(owner, 0.1)
    before = await get_last_sequence(js)
    stalled, go_on = asyncio.Event(), asyncio.Event()
    stale_connection = await relay.connect(database)
    stale = Relay(stale_connection, nc)
    await write_note(database, "known")
    await stale.drain()  # so that it knows the stream's last message
    publish = stale._publish

    async def publish_later(rows):
        stalled.set()
        await go_on.wait()
        return await publish(rows)

    stale._publish = publish_later
    await write_note(database, "1", sequence=2)
    await write_note(database, "2", sequence=3)
    task = asyncio.create_task(stale.drain())
    await stalled.wait()
    pid = stale_connection.get_server_pid()
    await connection.execute("SELECT pg_terminate_backend($1)", pid)  # as after keepalives unanswered
    await drain(connection, nc)
    await write_note(database, "3", sequence=4)
    await write_note(database, "4", sequence=5)
    await drain(connection, nc)
    await asyncio.sleep(0.3)  # the window is over
    go_on.set()
    with pytest.raises((nats.errors.Error, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await task
    await set_duplicate_window(owner, 120)
    return (await list_texts(js, before))[1:]


async def test_a_relay_goes_on_where_another_has_published_to_its_stream(database, connection, js, nc):
    """Nobody else should, but a tool may: the relay learns the stream's last message and reads again."""
    publisher = Relay(connection, nc)
    await write_note(database, "before")
    await publisher.drain()
    before = await get_last_sequence(js)
    row = json.dumps({"data": {"text": "of a tool"}, "sequence": 1}).encode()
    await js.publish("townhall.citytown.notes.note.written", row)
    await write_note(database, "after 1", sequence=2)
    await write_note(database, "after 2", sequence=3)
    assert await publisher.drain() == 2
    assert await list_texts(js, before) == ["of a tool", "after 1", "after 2"]


LOAD = """INSERT INTO outbox (council, ordering_key, bulk, event_id, nats_subject, envelope)
    SELECT 'citytown', 'load.' || n, true, gen_random_uuid(), 'townhall.citytown.notes.note.written',
        '{"data": {"text": "load"}}'
    FROM generate_series(1, 100000) AS n"""


@pytest.mark.timeout(240)
@pytest.mark.long
async def test_small_changes_wait_for_two_batches_of_a_load_of_100_000_at_most(database, connection, js, nc):
    """Counted in events of the load, so that a busy machine changes nothing: the bench has milliseconds."""
    before = await get_last_sequence(js)
    await connection.execute(LOAD)
    publishing_connection = await relay.connect(database)
    publishing = asyncio.create_task(Relay(publishing_connection, nc).run())
    stored_when_committed = []
    while await connection.fetchval("SELECT EXISTS (SELECT FROM outbox WHERE bulk)"):
        number = len(stored_when_committed)
        await write_note(database, str(number), subject=str(number))
        stored_when_committed.append(await get_last_sequence(js))
        await asyncio.sleep(0.02)
    await drain(connection, nc)
    publishing.cancel()
    with suppress(asyncio.CancelledError):
        await publishing
    await publishing_connection.close()
    texts = await list_texts(js, before)
    assert texts.count("load") == 100_000
    places = {text: before + place for place, text in enumerate(texts, start=1) if text != "load"}
    waits = [places[str(number)] - position for number, position in enumerate(stored_when_committed)]
    assert len(waits) > 100
    assert max(waits) <= 2_000
