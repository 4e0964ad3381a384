"""What a consumer buries: values nobody can store, forged events, and what a handler cannot do."""

import json

import pytest
from consumer_harness import is_paused
from notes.app import note
from sqlalchemy import Integer, cast, insert, select, text

from chassis.delivery import settlement
from chassis.testing import eventually


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


async def test_a_rule_that_a_trigger_holds_is_tried_again_and_then_buried(harness, monkeypatch):
    monkeypatch.setattr(settlement, "_RETRY_DELAYS", (0.01,))

    async def break_rule(session, event):
        if event.data.text == "forbidden":
            await session.execute(text("DO $$ BEGIN RAISE EXCEPTION 'nobody changes an entry'; END $$"))

    harness.behave = break_rule
    await harness.publish("forbidden", "after")
    async with harness.running():
        await harness.expect_effects("after")
    assert await harness.list_reasons() == ["RaiseError: P0001"]
    assert harness.calls.count("forbidden") == 3


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
