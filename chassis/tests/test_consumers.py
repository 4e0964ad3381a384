"""Consumers: each event once, in order; an outage waits, and only an event at fault is buried."""

import asyncio
import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from consumer_harness import Harness, Proxy, open_distant
from notes.app import note
from prometheus_client import REGISTRY
from sqlalchemy import Integer, cast, insert, select, text

from chassis.broker import streams
from chassis.broker.connection import Access, connect, jetstream
from chassis.delivery import settlement
from chassis.testing import eventually


def read_metric(name, harness):
    return REGISTRY.get_sample_value(f"townhall_consumer_{name}", {"consumer": harness.durable})


def is_paused(harness):
    return (read_metric("paused_since_seconds", harness) or 0) > 0


@pytest.fixture
async def away(settings):
    """The database through a proxy, and the proxy."""
    async with open_distant(settings) as distant:
        yield distant


@pytest.fixture
def distant(away):
    return away[0]


@pytest.fixture
def proxy(away):
    return away[1]


async def wait_for_outage(harness, distant, proxy, seconds):
    """Publish events before, during and after an outage of the database; list what must take effect."""
    texts = [str(number) for number in range(60)]
    async with harness.running(distant):
        await harness.publish(*texts[:10])
        await eventually(harness.list_effects)
        await proxy.cut()
        await harness.publish(*texts[10:20])
        await eventually(lambda: is_paused(harness), within=10)
        for text_ in texts[20:50]:
            await harness.publish(text_)
            await asyncio.sleep(seconds / 30)
        await proxy.open()
        await harness.publish(*texts[50:])
        await harness.expect_effects(*texts)
    assert await harness.list_letters() == []
    assert not is_paused(harness)
    assert await harness.count_pending() == 0


async def test_while_the_database_is_away_events_wait_and_go_on_in_order(harness, distant, proxy):
    await wait_for_outage(harness, distant, proxy, seconds=1)


@pytest.mark.long
@pytest.mark.timeout(150)
async def test_after_a_minute_without_the_database_no_event_is_dead_doubled_or_reordered(
    harness, distant, proxy, monkeypatch
):
    monkeypatch.setattr(streams, "ACK_WAIT", 5.0)  # the server would deliver again meanwhile
    await harness.set_up()
    monkeypatch.setattr(settlement, "_BEAT", 1.5)
    await wait_for_outage(harness, distant, proxy, seconds=60)


async def test_a_missing_table_pauses_the_consumer_and_the_metric_says_since_when(harness, caplog):
    async def read_missing(session, event):
        await session.scalar(text("SELECT 1 FROM missing_table"))

    harness.behave = read_missing
    await harness.publish("a", "b")
    async with harness.running():
        await eventually(lambda: is_paused(harness))
        await eventually(lambda: len(harness.calls) >= 4, within=10)
        assert await harness.list_letters() == []
        assert "UndefinedTableError: 42P01" in caplog.text
        lines = [record for record in caplog.records if "paused" in record.message]
        assert len(lines) == 1, "one line a minute, not one a try"
        harness.behave = lambda session, event: None
        await harness.expect_effects("a", "b")
    assert not is_paused(harness)


async def test_a_transaction_that_is_too_large_to_succeed_is_halved(harness):
    """As where a statement on the whole batch takes longer than its timeout."""
    in_transaction = {}

    async def limit(session, event):
        in_transaction[id(session)] = count = in_transaction.get(id(session), 0) + 1
        if count > 5:
            raise TimeoutError

    harness.behave = limit
    texts = [str(number) for number in range(40)]
    await harness.publish(*texts)
    async with harness.running():
        await harness.expect_effects(*texts)


async def test_a_poisonous_event_among_a_hundred_is_buried_alone(harness, monkeypatch):
    monkeypatch.setattr(settlement, "_RETRY_DELAYS", (0.01, 0.01))

    def poison(session, event):
        if event.data.text == "50":
            raise RuntimeError("it is poison")

    harness.behave = poison
    texts = [str(number) for number in range(100)]
    await harness.publish(*texts)
    async with harness.running():
        await harness.expect_effects(*(text_ for text_ in texts if text_ != "50"))
    (letter,) = await harness.list_letters()
    assert letter.reason.startswith("RuntimeError at ")
    assert "it is poison" not in letter.reason
    assert letter.detail == "RuntimeError: it is poison"
    assert harness.calls.count("50") >= 3


async def test_a_mistake_in_a_handler_pauses_it_after_five_events(harness, monkeypatch):
    monkeypatch.setattr(settlement, "_RETRY_DELAYS", (0.01,))
    harness.behave = lambda session, event: None + 1  # the new version's mistake
    texts = [str(number) for number in range(10)]
    await harness.publish(*texts)
    async with harness.running():
        await eventually(lambda: is_paused(harness), within=10)
        await eventually(lambda: harness.calls.count("5") >= 4, within=10)
        harness.behave = lambda session, event: None  # the next version's is mended
        await harness.expect_effects(*texts[5:])
    assert len(await harness.list_letters()) == 5
    assert "6" not in harness.calls[: harness.calls.index("5")][-3:]


async def test_five_bad_events_with_good_ones_between_pause_nobody(harness, monkeypatch):
    monkeypatch.setattr(settlement, "_RETRY_DELAYS", ())

    def refuse_odd(session, event):
        if int(event.data.text) % 2:
            raise ValueError

    harness.behave = refuse_odd
    await harness.publish(*(str(number) for number in range(20)))
    async with harness.running():
        await harness.expect_effects(*(str(number) for number in range(0, 20, 2)))
        await eventually(lambda: count_letters(harness, 10))


async def count_letters(harness, count):
    return len(await harness.list_letters()) == count


class Unstorable:
    """Ways in which the database refuses an event's value, with real statements."""

    @staticmethod
    async def overflow(session, event):
        await session.scalar(text("SELECT CAST(:n AS integer)"), {"n": 2**40})

    @staticmethod
    async def overflow_before_it_is_sent(session, event):
        await session.scalar(select(cast(2**40, Integer)))

    @staticmethod
    async def nul(session, event):
        await session.scalar(text("SELECT CAST(:t AS text)"), {"t": "a\x00b"})

    @staticmethod
    async def not_a_number(session, event):
        await session.scalar(text("SELECT CAST(CAST(:t AS text) AS integer)"), {"t": "bath"})

    @staticmethod
    async def too_long_for_an_index(session, event):
        await session.connection.exec_driver_sql("CREATE TEMPORARY TABLE t (a text UNIQUE) ON COMMIT DROP")
        await session.connection.exec_driver_sql(
            "INSERT INTO t SELECT string_agg(md5(n::text), '') FROM generate_series(1, 500) AS n"
        )


@pytest.mark.parametrize(
    "way", ["overflow", "overflow_before_it_is_sent", "nul", "not_a_number", "too_long_for_an_index"]
)
async def test_a_value_the_database_cannot_store_is_buried_without_another_try(harness, way):
    async def behave(session, event):
        if event.data.text == "bad":
            await getattr(Unstorable, way)(session, event)

    harness.behave = behave
    await harness.publish("bad", "good")
    async with harness.running():
        await harness.expect_effects("good")
    assert len(await harness.list_letters()) == 1
    assert harness.calls.count("bad") <= 2  # in the batch, and alone


async def test_a_constraint_is_tried_again_and_then_buried_by_its_name_alone(harness, monkeypatch):
    monkeypatch.setattr(settlement, "_RETRY_DELAYS", (0.01,))

    async def insert_twice(session, event):
        if event.data.text == "twice":
            row = {"council": "citytown", "id": event.id, "text": "Ada Lovelace"}
            await session.execute(insert(note), row)
            await session.execute(insert(note), row)

    harness.behave = insert_twice
    await harness.publish("twice", "after")
    async with harness.running():
        await harness.expect_effects("after")
    assert await harness.list_reasons() == ["UniqueViolationError: 23505 note pk_note"]
    assert harness.calls.count("twice") == 3


BAD_VALUES = {
    "NaN": (b'"text"', b'"n":NaN,"text"', "finite_number"),
    "an infinite number": (b'"text"', b'"n":1e999,"text"', "finite_number"),
    "an integer over 2^53": (b'"text"', b'"n":9007199254740993,"text"', "integer_too_large"),
    "NUL in a string": (b'"text"', b'"n":"\\u0000","text"', "text_not_storable"),
    "NUL in a key": (b'"text"', b'"a\\u0000":1,"text"', "text_not_storable"),
    "half a surrogate pair": (b'"text"', b'"n":"\\ud800","text"', "json_invalid"),
    "a long key": (b'"text"', b'"' + b"k" * 201 + b'":1,"text"', "key_too_long"),
    "deep nesting": (b'"text"', b'"n":' + b"[" * 40 + b"]" * 40 + b',"text"', "json_too_large"),
    "very many values": (b'"text"', b'"n":[' + b"1," * 20_000 + b'1],"text"', "json_too_large"),
    "a huge sequence": (b'"sequence": 1', b'"sequence": 4294967296', "sequence"),
    "a time without zone": (b'+00:00"', b'"', "timezone"),
}


@pytest.mark.parametrize("name", BAD_VALUES)
async def test_an_event_with_a_value_nobody_can_store_is_buried_at_once(harness, name):
    good, bad, reason = BAD_VALUES[name]
    body = json.dumps(harness.wrap("bad")).replace("Z", "+00:00").encode()
    assert good in body
    await harness.publish_raw(body.replace(good, bad, 1))
    await harness.publish("good")
    async with harness.running():
        await harness.expect_effects("good")
    assert reason in (await harness.list_reasons())[0]
    assert harness.calls == ["good"]


async def test_an_event_that_does_not_fit_the_view_is_buried_at_once_and_the_field_is_named(harness):
    await harness.publish_raw(json.dumps(harness.wrap("bad", data={"text": 5})).encode())
    await harness.publish("good")
    async with harness.running():
        await harness.expect_effects("good")
    assert await harness.list_reasons() == ["does not fit: text (string_type)"]
    assert harness.calls == ["good"]


async def test_a_message_that_is_no_event_is_buried_at_once(harness):
    await harness.publish_raw(b"\xff not json")
    await harness.publish("good")
    async with harness.running():
        await harness.expect_effects("good")
    assert await harness.list_reasons() == ["does not fit: body (json_invalid)"]


FORGERIES = {
    "another council's": {"council": "hillshire"},
    "another type": {"type": "{capability}.note.deleted.v1"},
    "another aggregate": {"type": "{capability}.book.written.v1"},
    "another capability's": {"type": "identity.council.changed.v1"},
    "another source": {"source": "urn:townhall:identity"},
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_an_event_that_is_not_what_its_subject_says_is_refused(harness, name):
    changes = {key: value.format(capability=harness.capability) for key, value in FORGERIES[name].items()}
    await harness.publish_raw(json.dumps(harness.wrap("forged", **changes)).encode())
    await harness.publish("true")
    async with harness.running():
        await harness.expect_effects("true")
    (reason,) = await harness.list_reasons()
    assert reason.startswith("forged: the ")
    assert harness.calls == ["true"]


@pytest.mark.parametrize("projection", [True, False])
async def test_a_snapshot_reaches_a_copy_and_nothing_that_acts(harness, projection):
    harness.consumer = replace(harness.consumer, projection=projection)
    await harness.publish_raw(json.dumps(harness.wrap("present state", snapshot=True)).encode())
    await harness.publish("news")
    async with harness.running():
        await harness.expect_effects(*(["present state", "news"] if projection else ["news"]))
    assert await harness.count_pending() == 0


async def test_what_a_dead_worker_had_in_hand_comes_first_and_at_once(harness, open_nats):
    """A worker that was killed has taken events and has not acknowledged them."""
    texts = [str(number) for number in range(12)]
    async with harness.running():
        await eventually(lambda: read_metric("active", harness))
    await harness.publish(*texts)
    dead = await connect(Access(open_nats, "test"), "dead worker")
    events = await take_events(jetstream(dead), harness, 8)
    assert len(events) == 8
    await dead.close()
    async with harness.running():
        await harness.expect_effects(*texts)


async def take_events(js, harness, count):
    subscription = await js.pull_subscribe_bind(consumer=harness.durable, stream=harness.stream)
    return await subscription.fetch(count, timeout=5)


async def test_deliveries_lost_on_the_way_are_fetched_again_in_order(harness, caplog):
    """As when a connection breaks while the server sends a batch, of which it thinks that it arrived."""
    started, may_end = asyncio.Event(), asyncio.Event()

    async def hold(session, event):
        started.set()
        await may_end.wait()

    harness.behave = hold
    async with harness.running():
        await harness.publish("a")
        await started.wait()
        await harness.publish("b", "c")
        assert len(await take_events(harness.js, harness, 2)) == 2
        await harness.publish("d")
        may_end.set()
        await harness.expect_effects("a", "b", "c", "d")
    assert "deliveries were lost" in caplog.text


async def test_one_worker_at_a_time_works_and_a_standby_takes_over(harness, database):
    async with harness.running():
        await eventually(lambda: read_metric("active", harness) == 1)
        async with harness.running() as second:
            await harness.publish("a")
            await harness.expect_effects("a")
            observer = await database.listen()
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7420003"
            assert await observer.fetchval(waiting) == 0, "a standby waits in no statement"
            assert await observer.fetchval(locks) >= 1
            await observer.close()
            assert not second.done()
    async with harness.running():
        await harness.publish("b")
        await harness.expect_effects("a", "b")


async def test_a_worker_told_to_stop_finishes_and_acknowledges_its_transaction(harness):
    started = asyncio.Event()

    async def take_time(session, event):
        started.set()
        await asyncio.sleep(0.3)

    harness.behave = take_time
    await harness.publish("a", "b")
    async with harness.running():
        await started.wait()
    assert await harness.list_effects() == ["a", "b"]
    assert await harness.count_pending() == 0


async def test_a_worker_told_to_stop_does_not_wait_for_a_database_that_is_away(harness, distant, proxy):
    async with harness.running(distant):
        await harness.publish("a")
        await harness.expect_effects("a")
        await proxy.cut()
        await harness.publish("b")
        await eventually(lambda: is_paused(harness), within=10)
        stopped_at = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - stopped_at < 3
    async with harness.running():
        await harness.expect_effects("a", "b")


async def test_nats_away_pauses_and_what_was_published_meanwhile_comes_in_order(
    database, open_nats, harness, monkeypatch
):
    monkeypatch.setattr("chassis.delivery.runner._FETCH_TIMEOUT", 0.3)
    proxy = Proxy(urlsplit(open_nats).port)
    await proxy.open()
    client = await connect(Access(f"nats://127.0.0.1:{proxy.port}", "test"), "distant")
    distant = Harness(client, database, capability=harness.capability)
    async with distant.running():
        await harness.publish("a", "b")
        await harness.expect_effects("a", "b")
        await proxy.cut()
        await eventually(lambda: is_paused(harness), within=15)
        await harness.publish("c", "d")
        await proxy.open()
        await harness.expect_effects("a", "b", "c", "d")
    await client.close()
    await proxy.cut()


async def test_lag_and_dead_letters_are_metrics(harness, monkeypatch):
    monkeypatch.setattr("chassis.delivery.runner._MEASURE_INTERVAL", 0.1)
    async with harness.running():
        await eventually(lambda: read_metric("lag_events", harness) == 0)
        await harness.publish_raw(b"not an event")
        await eventually(lambda: read_metric("dead_letters", harness) == 1)
        (letter,) = await harness.list_letters()
        await harness.letters.drop(letter, "ada", "a test")
        await eventually(lambda: read_metric("dead_letters", harness) == 0)


PROCESS = Path(__file__).parent / "consumer_process.py"


@pytest.mark.long
@pytest.mark.timeout(120)
async def test_a_killed_worker_leaves_nothing_undone_doubled_or_reordered(harness, database, open_nats):
    texts = [str(number) for number in range(2_000)]
    argv = [sys.executable, str(PROCESS), database.url, open_nats, harness.capability]
    for text_ in texts:
        await harness.publish(text_)
    kills = 0
    while len(await harness.list_effects()) < len(texts):
        process = await asyncio.create_subprocess_exec(*argv)
        before = len(await harness.list_effects())
        await eventually(lambda before=before: has_grown(harness, before), within=30, every=0.02)
        if kills < 5:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        else:
            await eventually(lambda: has_grown(harness, len(texts) - 1), within=60)
            process.terminate()
        await process.wait()
    assert kills == 5
    assert await harness.list_effects() == texts
    assert await harness.list_letters() == []


async def has_grown(harness, count):
    return len(await harness.list_effects()) > count
