"""The outbox: what its writers write, which lane it is in, and what the release before may still write."""

import json

import asyncpg
import pytest
from event_helpers import write_note
from notes.app import NoteWritten
from sqlalchemy.exc import DBAPIError

from chassis import ids, migrations, outbox
from chassis.testing import eventually, fresh_database

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
    assert [row["ordering_key"] for row in rows] == [f"notes.note.{word}" for word in words] * 2
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


async def test_only_bulk_writers_write_the_bulk_lane(database, connection):
    async with database.writing("citytown") as session:
        event = NoteWritten(text="small")
        await outbox.add(session, event, council="citytown", subject="s", sequence=1)
        await outbox.add_from_rows(session, ROWS, council="citytown", bulk=True)
        await outbox.add_all(session, [outbox.Event(event, "s", 2)], council="citytown", bulk=True)
        await outbox.add_all(session, [outbox.Event(event, "s", 3)], council="citytown")
    lanes = await connection.fetch("SELECT bulk FROM outbox ORDER BY id")
    assert [row["bulk"] for row in lanes] == [False, True, True, True, True, False]
    async with database.reading() as session:
        backlog = {lane.bulk: lane for lane in await outbox.read_backlog(session)}
    await connection.execute("DELETE FROM outbox")
    assert (backlog[False].length, backlog[True].length) == (2, 4)
    assert 0 < backlog[False].age < 60


async def test_an_empty_lane_has_no_length_and_no_age(database):
    async with database.reading() as session:
        assert await outbox.read_backlog(session) == [(False, 0, 0.0), (True, 0, 0.0)]


# The statements of the release before this one, word for word.
OLD_WRITE = "INSERT INTO outbox (council, event_id, nats_subject, envelope) VALUES ($1, $2, $3, $4)"
OLD_READ = """SELECT id, event_id, nats_subject, envelope FROM outbox
    WHERE txid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY id LIMIT $1"""


async def test_the_release_before_writes_the_ordering_key_that_this_one_would(database, connection):
    await write_note(database, "new", subject='an "odd" one. indeed')
    row = await connection.fetchrow("SELECT * FROM outbox")
    await connection.execute(OLD_WRITE, row["council"], ids.new(), row["nats_subject"], row["envelope"])
    rows = await connection.fetch("SELECT ordering_key, bulk FROM outbox ORDER BY id")
    await connection.execute("DELETE FROM outbox")
    assert rows[0] == rows[1]
    assert rows[1]["ordering_key"] == 'notes.note.an "odd" one. indeed'


async def test_the_relay_of_the_release_before_reads_what_this_one_writes(database, connection):
    await write_note(database, "small", subject="a")
    await write_note(database, "large", subject="b", bulk=True)

    async def read_as_before():  # it waits for every transaction of the server, those of other tests too
        rows = await connection.fetch(OLD_READ, 10)
        return [json.loads(row["envelope"])["data"]["text"] for row in rows] == ["small", "large"]

    await eventually(read_as_before, within=30)
    await connection.execute("DELETE FROM outbox")


async def test_events_that_wait_while_the_database_is_migrated_get_their_ordering_key(postgres_url, service):
    async with fresh_database(postgres_url, service) as url:
        owner = url.replace("//notes:", "//notes_owner:")
        await migrations.migrate("notes", owner, to="base")
        await migrations.migrate("notes", owner, to="0002", platform="0002")
        connection = await asyncpg.connect(url)
        subject = "townhall.citytown.notes.note.written"
        await connection.execute(OLD_WRITE, "citytown", ids.new(), subject, '{"subject": "s", "sequence": 1}')
        await migrations.migrate("notes", owner)
        row = await connection.fetchrow("SELECT ordering_key, bulk FROM outbox")
        await connection.close()
    assert tuple(row) == ("notes.note.s", False)
