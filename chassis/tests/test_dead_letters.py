"""Dead letters: buried once, listed without personal data, replayed, dropped with a reason."""

import argparse
import json

import pytest
from notes.app import Settings

from chassis.__main__ import _make_parser
from chassis.app import Service
from chassis.broker.topology import dead_letter_stream
from chassis.delivery import settlement
from chassis.delivery.commands import run
from chassis.testing import eventually


@pytest.fixture(autouse=True)
def no_delays(monkeypatch):
    monkeypatch.setattr(settlement, "_RETRY_DELAYS", (0.01,))


@pytest.fixture
def command(harness, service, settings, open_nats, capsys):
    """Run ``dead-letters`` on the harness's consumer; returns the exit code and what was printed."""
    parts = Service(
        name=harness.service, title="", settings=Settings, metadata=service.metadata,
        consumers=[harness.consumer], keys=lambda app: None,
    )  # fmt: skip

    async def run_command(*arguments):
        parsed = _make_parser().parse_args(["dead-letters", harness.service, *arguments])
        code = await run(parts, settings.model_copy(update={"nats_url": open_nats}), parsed)
        return code, capsys.readouterr().out

    return run_command


def refuse_bad(session, event):
    if event.data.text.startswith("bad"):
        raise KeyError("Ada Lovelace")


async def bury(harness, *texts):
    """Publish events that fail; return the ids of their letters."""
    harness.behave = refuse_bad
    before = len(await list_ids(harness))
    await harness.publish(*texts, "good")
    async with harness.running():
        await eventually(lambda: has_letters(harness, before + len(texts)), within=20)
    return await list_ids(harness)


async def list_ids(harness):
    return [letter.id for letter in await harness.list_letters()]


async def has_letters(harness, count):
    return len(await harness.list_letters()) == count


async def test_the_list_says_how_many_since_when_and_why_and_nothing_personal(harness, command):
    names = await bury(harness, "bad Ada", "bad Grace")
    code, printed = await command()
    assert code == 0
    assert f"copies: 2 of townhall.citytown.{harness.capability}.note.written, 20" in printed
    assert "KeyError at " in printed
    assert all(name in printed for name in names)
    assert "Ada" not in printed
    assert await command("list", "--consumer", "copies") == (0, printed)


async def test_a_letter_shows_its_event_only_when_asked_for_the_data(harness, command):
    (name,) = await bury(harness, "bad Ada")
    _, printed = await command("show", name)
    assert "KeyError at " in printed
    assert "Ada" not in printed
    _, printed = await command("show", name, "--data")
    assert "KeyError: 'Ada Lovelace'" in printed
    assert json.loads(printed.splitlines()[-1])["data"] == {"text": "bad Ada"}


async def test_a_replayed_letter_takes_effect_and_leaves(harness, command):
    first, second = await bury(harness, "bad 1", "bad 2")
    code, printed = await command("replay", first)
    assert code == 1
    assert f"{first} stays: KeyError at " in printed
    assert await list_ids(harness) == [first, second]
    harness.behave = lambda session, event: None
    assert await command("replay", second) == (0, "1 done, 0 still dead\n")
    assert await list_ids(harness) == [first]
    assert await command("replay", "--all") == (0, "1 done, 0 still dead\n")
    assert await list_ids(harness) == []
    await harness.expect_effects("good", "bad 2", "bad 1")


async def test_all_letters_of_a_consumer_are_replayed_in_their_order(harness, command):
    await bury(harness, "bad 1", "bad 2", "bad 3")
    harness.behave = lambda session, event: None
    assert await command("replay", "--consumer", "copies") == (0, "3 done, 0 still dead\n")
    await harness.expect_effects("good", "bad 1", "bad 2", "bad 3")


async def test_replay_stops_where_the_service_itself_is_at_fault(harness, command):
    names = await bury(harness, "bad 1", "bad 2")

    def be_away(session, event):
        raise ConnectionRefusedError

    harness.behave = be_away
    with pytest.raises(SystemExit, match="nothing is lost"):
        await command("replay", "--all")
    assert await list_ids(harness) == names


async def test_a_forged_event_is_never_replayed(harness, command):
    forged = harness.wrap("forged", council="hillshire")
    await harness.publish_raw(json.dumps(forged).encode())
    async with harness.running():
        await eventually(lambda: has_letters(harness, 1))
    code, printed = await command("replay", "--all")
    assert (code, "stays: forged" in printed) == (1, True)
    assert harness.calls == []


async def test_a_dropped_letter_leaves_who_and_why_and_no_event(harness, command):
    (name,) = await bury(harness, "bad Ada")
    code, _ = await command("drop", name, "--reason", "a test\nof 2026", "--by", "grace")
    assert code == 0
    assert await list_ids(harness) == []
    _, printed = await command("list", "--dropped")
    assert f"{name}  grace: a test of 2026" in printed
    info = await harness.js.stream_info(dead_letter_stream(harness.service))
    assert info.state.messages == 1
    last = await harness.js.get_msg(info.config.name, seq=info.state.last_seq)
    assert (last.data or b"") == b""
    with pytest.raises(SystemExit, match="there is no dead letter"):
        await command("drop", name, "--reason", "again")


async def test_a_consumer_made_anew_buries_its_poison_no_second_time(harness, command):
    first, second = await bury(harness, "bad 1", "bad 2")
    await command("drop", first, "--reason", "a test")
    calls = len(harness.calls)
    await harness.js.delete_consumer(harness.stream, harness.durable)
    await harness.set_up()
    await harness.publish("good again")
    async with harness.running():
        await harness.expect_effects("good", "good again")
    assert harness.calls[calls:].count("bad 1") >= 1, "it was delivered again"
    assert await list_ids(harness) == [second]


async def test_a_stream_told_again_buries_no_event_twice_and_every_new_one(harness):
    """The events come again with other sequence numbers, and among them one that is new."""
    body = json.dumps(harness.wrap("bad old")).encode()
    harness.behave = refuse_bad
    await harness.publish_raw(body)
    async with harness.running():
        await eventually(lambda: has_letters(harness, 1))
    await harness.js.delete_stream(harness.stream)
    await harness.set_up()
    await harness.publish("bad new")  # takes the sequence number that the old one had
    await harness.publish_raw(body)
    async with harness.running():
        await eventually(lambda: has_letters(harness, 2))
        await eventually(lambda: is_done(harness))
    assert len(await list_ids(harness)) == 2


async def is_done(harness):
    return await harness.count_pending() == 0


async def test_a_message_too_large_for_a_letter_is_cut_and_stays(harness, command):
    await harness.publish_raw(b"x" * (harness.client.max_payload - 300))
    async with harness.running():
        await eventually(lambda: has_letters(harness, 1))
    (letter,) = await harness.list_letters()
    assert letter.size == harness.client.max_payload - 300
    code, printed = await command("replay", "--all")
    assert (code, "too large to be kept" in printed) == (1, True)


async def test_while_nobody_may_bury_a_letter_the_event_waits(harness):
    await harness.js.delete_stream(dead_letter_stream(harness.service))
    await harness.publish_raw(b"not an event")
    await harness.publish("good")
    async with harness.running():
        with pytest.raises(AssertionError):
            await eventually(harness.list_effects, within=0.5)
        await harness.set_up()
        await harness.expect_effects("good")
    assert len(await list_ids(harness)) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["replay"], "say which"),
        (["list", "--consumer", "nobody"], "no consumer nobody"),
        (["show", "0" * 26], "there is no dead letter"),
        (["show", "a.b"], "there is no dead letter"),
        (["show", "*"], "there is no dead letter"),
    ],
)
async def test_a_wrong_command_says_what_to_do(harness, command, arguments, message):
    await bury(harness, "bad 1")
    with pytest.raises(SystemExit, match=message):
        await command(*arguments)


def test_a_reason_is_needed_to_drop(capsys):
    with pytest.raises(SystemExit):
        _make_parser().parse_args(["dead-letters", "notes", "drop", "x"])
    assert "--reason" in capsys.readouterr().err
    assert isinstance(_make_parser().parse_args(["dead-letters", "notes"]), argparse.Namespace)
