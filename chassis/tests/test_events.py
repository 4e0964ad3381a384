"""From the outbox through NATS into the inbox: once, in order, whatever happens."""

import asyncio
import json
from contextlib import suppress
from types import SimpleNamespace

import asyncpg
import nats.errors
import nats.js.errors
import pytest
from notes.app import NoteWritten, calls, note, notes
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from chassis import ids, outbox, relay
from chassis.broker.connection import connect, jetstream
from chassis.deliveries import ConsumerRunner
from chassis.testing import eventually
from dev import postgres

COPIES = select(func.count()).select_from(note).where(note.c.text.like("copy of %"))


@pytest.fixture(scope="module")
def postgres_url(tmp_path_factory):
    """A server of these tests' own: the relay waits for every transaction that runs on its server."""
    with postgres.running(tmp_path_factory.mktemp("postgres"), fast=True) as server:
        yield server.url


@pytest.fixture(scope="module")
async def nc(broker):
    client = await connect(broker.access("notes"), "test")
    yield client
    await client.close()


@pytest.fixture(scope="module")
async def owner(broker):
    client = await connect(broker.access("owner"), "test")
    yield client
    await client.close()


@pytest.fixture(scope="module")
def js(owner):
    return jetstream(owner)


@pytest.fixture
async def connection(database):
    connection = await database.listen()
    yield connection
    await connection.close()


@pytest.fixture
async def runner(database, nc):
    runner = ConsumerRunner("notes", notes, database, nc)
    task = asyncio.create_task(runner.run())
    yield runner
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def write_note(database, words, *, subject="s", sequence=1):
    async with database.writing("citytown") as session:
        await outbox.add(
            session, NoteWritten(text=words), council="citytown", subject=subject, sequence=sequence
        )


async def count_copies(database, words):
    async with database.reading("citytown") as session:
        return await session.scalar(COPIES.where(note.c.text == f"copy of {words}"))


async def test_an_event_reaches_its_consumer_once(database, connection, js, nc, runner):
    await write_note(database, "hello")
    assert await relay.drain(connection, nc) == 1
    assert await relay.drain(connection, nc) == 0
    await eventually(lambda: count_copies(database, "hello"))
    assert await count_copies(database, "hello") == 1


async def test_an_event_published_twice_has_one_effect(database, connection, js, nc, runner):
    await write_note(database, "twice")
    (row,) = await connection.fetch("SELECT * FROM outbox")
    for _ in range(2):  # without the message id, so that the stream does not drop the second itself
        await js.publish(row["nats_subject"], row["envelope"].encode())
    await relay.drain(connection, nc)
    await write_note(database, "after")
    await relay.drain(connection, nc)
    await eventually(lambda: count_copies(database, "after"))
    assert await count_copies(database, "twice") == 1


async def test_a_transaction_still_running_holds_back_later_events(database, connection, js, nc):
    async with database.writing("citytown") as early_session:
        await outbox.add(
            early_session, NoteWritten(text="early"), council="citytown", subject="a", sequence=1
        )
        await write_note(database, "late", subject="b")
        assert await relay.drain(connection, nc) == 0
    assert await relay.drain(connection, nc) == 2


async def test_a_change_rolled_back_publishes_nothing(database, connection, js, nc):
    with pytest.raises(RuntimeError):
        async with database.writing("citytown") as session:
            await outbox.add(session, NoteWritten(text="no"), council="citytown", subject="a", sequence=1)
            raise RuntimeError
    assert await relay.drain(connection, nc) == 0


async def count_relay_locks(connection, *, granted):
    """Count the relays of this database that hold the lock, or wait for it: others share the server."""
    return await connection.fetchval(
        """SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
            WHERE datname = current_database() AND locktype = 'advisory' AND granted = $1""",
        granted,
    )


async def test_two_relays_do_not_work_at_once(database, js, nc):
    first, second, observer = [await database.listen() for _ in range(3)]
    first_relay = asyncio.create_task(relay.relay(first, nc))
    await eventually(lambda: count_relay_locks(observer, granted=True))
    second_relay = asyncio.create_task(relay.relay(second, nc))
    await eventually(lambda: count_relay_locks(observer, granted=False))
    await asyncio.sleep(0.2)
    assert await count_relay_locks(observer, granted=True) == 1
    assert await count_relay_locks(observer, granted=False) == 1
    first_relay.cancel()
    first.terminate()

    async def has_taken_over():
        return await count_relay_locks(observer, granted=False) == 0

    await eventually(has_taken_over)
    await write_note(database, "taken over")

    async def is_empty():
        return await observer.fetchval("SELECT count(*) FROM outbox") == 0

    await eventually(is_empty)
    second_relay.cancel()
    second.terminate()
    await observer.close()


async def test_a_batch_half_published_before_a_crash_is_completed_in_order(
    database, connection, nc, js, runner
):
    for number in range(1, 6):
        await write_note(database, f"batch {number}", sequence=number)
    rows = await connection.fetch("SELECT * FROM outbox ORDER BY id")
    for row in rows[:2]:  # the relay died here: published, and not deleted
        await nc.jetstream().publish(
            row["nats_subject"], row["envelope"].encode(), headers={"Nats-Msg-Id": row["event_id"].hex}
        )
    assert await relay.drain(connection, nc) == 5
    assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
    await eventually(lambda: count_copies(database, "batch 5"))
    assert [call for call in calls if call.startswith("batch")] == [f"batch {n}" for n in range(1, 6)]


ROWS = outbox.from_rows(
    "notes.note",
    subject="word",
    members="""'"text":', to_json(word)""",
    rows="SELECT n, 'written' AS kind, :council AS council, n + 1 AS version, word"
    " FROM (VALUES (0, 'one'), (1, 'to \"quote\"'), (2, repeat('x', 3))) AS listed (n, word)",
)


async def test_events_of_a_query_are_those_of_a_loop(database, connection):
    """The same envelopes as ``add_all`` writes, but for ids and times, in the query's order."""
    words = ["one", 'to "quote"', "xxx"]
    async with database.writing("citytown") as session:
        await outbox.add_from_rows(session, ROWS, council="citytown")
        events = [outbox.Event(NoteWritten(text=word), word, n) for n, word in enumerate(words, 1)]
        await outbox.add_all(session, events, council="citytown")
    rows = await connection.fetch("SELECT * FROM outbox ORDER BY id")
    await connection.execute("DELETE FROM outbox")
    envelopes = [json.loads(row["envelope"]) for row in rows]
    assert [ids.show(row["event_id"]) for row in rows] == [envelope["id"] for envelope in envelopes]
    assert len({row["event_id"] for row in rows}) == 6
    assert [row["nats_subject"] for row in rows[:3]] == [row["nats_subject"] for row in rows[3:]]
    for envelope in envelopes:
        del envelope["id"], envelope["time"]
        envelope.pop("traceparent", None)
    assert envelopes[:3] == envelopes[3:]


async def test_an_event_that_is_too_large_is_refused_by_every_writer(database):
    large = "x" * 500_001
    rows = (
        f"SELECT 0 AS n, 'written' AS kind, :council AS council, 1 AS version, repeat('x', {len(large)}) AS w"
    )
    statement = outbox.from_rows("notes.note", subject="'s'", members="""'"text":', to_json(w)""", rows=rows)
    async with database.writing("citytown") as session:
        with pytest.raises(ValueError, match="an event is thin"):
            await outbox.add(session, NoteWritten(text=large), council="citytown", subject="s", sequence=1)
        events = [outbox.Event(NoteWritten(text=large), "s", 1)]
        with pytest.raises(ValueError, match="an event is thin"):
            await outbox.add_all(session, events, council="citytown")
    with pytest.raises(DBAPIError, match=r"over 500000 characters: notes\.note 0"):
        async with database.writing("citytown") as session:
            await outbox.add_from_rows(session, statement, council="citytown")


async def test_a_batch_that_nats_refuses_stays_in_the_outbox(database, connection, nc):
    await write_note(database, "kept 1")
    await write_note(database, "kept 2")
    await connection.execute("UPDATE outbox SET nats_subject = 'no.stream.listens'")
    with pytest.raises(nats.errors.Error):
        await relay.drain(connection, nc)
    assert await connection.fetchval("SELECT count(*) FROM outbox") == 2
    await connection.execute("DELETE FROM outbox")


async def test_a_thousand_events_leave_in_their_order(database, connection, nc, js):
    before = (await js.stream_info("NOTES")).state.last_seq
    async with database.writing("citytown") as session:
        for number in range(1, 1201):
            await outbox.add(
                session, NoteWritten(text=str(number)), council="citytown", subject="m", sequence=number
            )
    while await relay.drain(connection, nc):
        pass
    messages = [await js.get_msg("NOTES", seq=before + at) for at in (1, 2, 1000, 1001, 1200)]
    assert [json.loads(message.data)["sequence"] for message in messages] == [1, 2, 1000, 1001, 1200]
    assert (await js.stream_info("NOTES")).state.last_seq == before + 1200


async def test_an_event_that_is_not_thin_is_refused_where_it_is_made(database):
    async with database.writing("citytown") as session:
        with pytest.raises(ValueError, match="thin"):
            await outbox.add(
                session, NoteWritten(text="x" * 600_000), council="citytown", subject="s", sequence=1
            )


async def test_a_poisonous_event_ends_in_the_dead_letters_and_holds_nobody_up(
    database, connection, js, nc, runner, monkeypatch, owner
):
    monkeypatch.setattr("chassis.deliveries._RETRY_DELAYS", (0.05, 0.05))
    for words in ("before", "poison 1", "behind"):
        await write_note(database, words, subject=words)
    await relay.drain(connection, nc)
    await eventually(lambda: count_copies(database, "behind"), within=30)

    async def count_dead_letters():
        return (await js.stream_info("DEAD_NOTES")).state.messages

    assert await eventually(count_dead_letters, within=30) == 1
    assert calls.count("poison 1") >= 3
    letter = await js.get_msg("DEAD_NOTES", seq=None, subject="dead.notes.notes", next=True)
    assert "it is poison" in letter.headers["Townhall-Reason"]
    assert letter.headers["Townhall-Subject"] == "townhall.citytown.notes.note.written"
    replayer = ConsumerRunner("notes", notes, database, owner)
    assert await replayer.replay() == (0, 1)
    monkeypatch.setitem(
        notes.handlers,
        "notes.note.written.v1",
        SimpleNamespace(view=notes.handlers["notes.note.written.v1"].view, handle=write_copies),
    )
    assert await replayer.replay() == (1, 0)
    assert await count_dead_letters() == 0
    assert await count_copies(database, "poison 1") == 1


async def write_copies(session, events):
    for event in events:
        await session.execute(
            text("INSERT INTO note VALUES (:council, :id, :text)"),
            {"council": event.council, "id": ids.new(), "text": f"copy of {event.data.text}"},
        )


async def test_a_message_that_is_no_event_becomes_a_dead_letter_at_once(js, nc, runner):
    before = (await js.stream_info("DEAD_NOTES")).state.messages
    await js.publish("townhall.citytown.notes.note.written", b"\xff not json")

    async def has_one_more():
        return (await js.stream_info("DEAD_NOTES")).state.messages == before + 1

    await eventually(has_one_more)


async def read_last_reason(js):
    """Read the reason of the last dead letter; empty while there is none (JetStream answers 404)."""
    try:
        message = await js.get_last_msg("DEAD_NOTES", "dead.notes.notes")
    except nats.js.errors.NotFoundError:
        return ""
    return message.headers["Townhall-Reason"]


async def test_an_event_that_does_not_fit_the_view_becomes_a_dead_letter_that_names_the_field(
    database, connection, js, nc, runner
):
    await write_note(database, "x" * 60)
    await relay.drain(connection, nc)

    async def names_the_field():
        reason = await read_last_reason(js)
        return "does not fit" in reason and "text" in reason

    await eventually(names_the_field)


async def test_the_runtime_role_may_not_change_tables(database):
    connection = await database.listen()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("CREATE TABLE mine (n int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("ALTER TABLE note DISABLE ROW LEVEL SECURITY")
    await connection.close()
