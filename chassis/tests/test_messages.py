"""Messages: queued with their cause, sent once, and nothing of them anywhere else."""

import asyncio
import json
import logging
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from message_harness import (
    NOTIFY,
    NUMBER,
    SECRET,
    SERVICE,
    TO,
    NotifyServer,
    execute,
    list_jobs,
    list_rows,
    make_due,
    queue_code,
    queue_sms,
)
from notes.app import messages
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError

from chassis.app import create_app
from chassis.jobs import Priority, dead_jobs
from chassis.jobs.states import State
from chassis.messages import Email, Messages, Sms, store
from chassis.testing import eventually
from chassis.testing.servers import Answer, listening, make_authority

SCRIPT = Path(__file__).parent / "message_process.py"
COPY = Email("copy", TO, "en", {"title": "Bins"})


@pytest.fixture(autouse=True)
async def empty(database):
    await execute(database, "DELETE FROM job")
    await execute(database, "DELETE FROM message")


@pytest.fixture(scope="module")
def localhost(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("localhost"), "localhost")


@pytest.fixture
async def notify(localhost):
    async with listening(NotifyServer(), localhost.tls) as server:
        yield server


@pytest.fixture
def by_notify(notify, localhost):
    """The settings of a service whose messages go by that Notify."""
    key = SecretStr(f"live-key-{SERVICE}-{SECRET}")
    url = f"https://localhost:{notify.port}"
    return {**NOTIFY, "notify_key": key, "notify_url": url, "outbound_ca": localhost.file}


@pytest.fixture
def send(run_jobs, settings, by_notify):
    """Run the worker's jobs until none is due, again with each new ``changes``."""

    async def run(**changes):
        await run_jobs(settings=settings.model_copy(update={**by_notify, **changes}))

    return run


def addresses(notify):
    return [message.get("email_address") or message["phone_number"] for message in notify.accepted]


async def test_a_message_is_sent_once_and_leaves_nothing_behind(database, notify, send):
    await queue_code(database)
    await asyncio.gather(*(send() for _ in range(3)))
    [email] = notify.accepted
    assert (email["email_address"], email["template_id"]) == (TO, "t1")
    assert email["personalisation"] == {"subject": "Your code", "body": "Your code is 123456.\n"}
    assert (await list_rows(database), await list_jobs(database)) == ([], [])


async def test_a_transaction_that_fails_sends_nothing(database, notify, send):
    with pytest.raises(RuntimeError):
        async with database.writing("citytown") as session:
            await messages.queue(session, COPY, council="citytown")
            raise RuntimeError
    assert (await list_rows(database), await list_jobs(database)) == ([], [])
    await send()
    assert notify.accepted == []


async def test_an_sms_and_an_email_each_go_by_their_own_way(database, notify, send, sent_messages):
    await queue_sms(database)
    await queue_code(database)
    await send(texts="sent-messages")
    assert addresses(notify) == [TO]
    [sms] = await sent_messages(NUMBER)
    assert (sms.channel, sms.subject, sms.body) == ("sms", "", "123456 is your code")
    assert await list_jobs(database) == []


async def test_a_message_of_the_region_is_queued_from_a_councils_transaction(database, notify, send):
    async with database.writing("citytown") as session:
        await messages.queue(session, COPY, council="*")
        assert await store.list_to(session, TO) == []  # the session is its council's again
    assert [row.council for row in await list_rows(database)] == ["*"]
    await send()
    assert addresses(notify) == [TO]


async def test_another_council_reads_no_message_and_queues_none(database):
    await queue_code(database)
    for council in ("hillshire", ""):
        async with database.writing(council) as session:
            assert await store.list_to(session, TO) == []
        with pytest.raises(DBAPIError, match="row-level security"):
            async with database.writing(council) as session:
                await messages.queue(session, COPY, council="citytown")
    assert len(await list_rows(database)) == 1


async def test_a_language_that_is_not_ours_becomes_english(database, sent_messages):
    async with database.writing("citytown") as session:
        await messages.queue(session, Email("copy", TO, "fr", {"title": "Bins"}), council="citytown")
        await messages.queue(session, Email("copy", TO, "cy", {"title": "Bins"}), council="citytown")
    assert [message.subject for message in await sent_messages(TO)] == [
        "Your note “Bins”",
        "Eich nodyn “Bins”",
    ]


async def test_a_message_for_which_somebody_waits_goes_first(database):
    await queue_code(database)
    await queue_code(database, priority=Priority.URGENT)
    assert [row.priority for row in await list_jobs(database)] == [Priority.USUAL, Priority.URGENT]


@pytest.mark.parametrize(
    "message",
    [
        Email("nothing", TO, "en"),
        Email("../../settings", TO, "en"),
        Email("code", TO, "en"),
        Email("code", TO, "en", {"code": "1", "more": "2"}),
        Sms("copy", NUMBER, "en", {"title": "Bins"}),
    ],
)
async def test_a_message_that_cannot_be_rendered_is_not_queued(database, message):
    with pytest.raises(KeyError):
        async with database.writing("citytown") as session:
            await messages.queue(session, message, council="citytown")
    assert await list_rows(database) == []


@pytest.mark.parametrize(
    ("kind", "to"),
    [
        (Email, "a@b.example\r\nBcc: c@d.example"),
        (Email, "a@b.example\nSubject: win"),
        (Email, "a@b.example,c@d.example"),
        (Email, "<a@b.example>"),
        (Email, "a@b@c.example"),
        (Email, "a\x00@b.example"),
        (Email, "nobody"),
        (Email, ""),
        (Email, "a@" + "b" * 300),
        (Sms, "07700 900123"),
        (Sms, "+44770090012345678"),
        (Sms, "+447700900123\n"),
        (Sms, TO),
    ],
)
async def test_a_hostile_address_is_refused_and_not_repeated(database, kind, to):
    with pytest.raises(ValueError, match="no address of") as error:
        await queue_code(database, kind=kind, to=to)
    assert not to or to not in str(error.value)
    assert await list_rows(database) == []


async def test_an_expired_code_is_not_sent_and_deleted(database, notify, send):
    await queue_code(database)
    await execute(database, "UPDATE message SET expires_at = now() - interval '1 second'")
    await send()
    assert (notify.accepted, await list_rows(database)) == ([], [])
    [job] = await list_jobs(database)
    assert (job.state, job.reason) == (State.DEAD, "code: it expired before it could be sent")


async def test_a_message_erased_before_it_was_sent_is_no_failure(database, notify, send):
    await queue_code(database)
    await execute(database, "DELETE FROM message")
    await send()
    assert (notify.accepted, await list_jobs(database)) == ([], [])


async def test_a_refused_message_ends_at_once_and_is_sent_when_its_cause_is_mended(database, notify, send):
    await queue_code(database)
    error = {"error": "BadRequestError", "message": f"{TO} is not one of the team"}
    notify.answers = [Answer(400, json.dumps({"errors": [error]}).encode())]
    await send()
    [job] = await list_jobs(database)
    assert (job.state, job.reason) == (State.DEAD, "code: Notify answered 400 BadRequestError")
    async with database.writing("*") as session:
        await dead_jobs.replay(session, job_id=job.id)
    await send()
    assert addresses(notify) == [TO]
    assert (await list_rows(database), await list_jobs(database)) == ([], [])


async def test_without_a_way_to_send_a_message_says_so_and_waits_for_its_replay(database, notify, send):
    await queue_code(database)
    await send(mail="none")
    [job] = await list_jobs(database)
    assert (job.state, job.reason) == (State.DEAD, "code: the setting mail is none")
    async with database.writing("*") as session:
        await dead_jobs.replay(session)
    await send()
    assert addresses(notify) == [TO]


async def test_a_notify_that_is_full_is_left_for_as_long_as_it_says(database, notify, send):
    await queue_code(database)
    notify.answers = [Answer(429, headers={"Retry-After": "120"})]
    await send()
    [job] = await list_jobs(database)
    assert 110 < (job.due_at - datetime.now(UTC)).total_seconds() <= 121
    assert (job.state, job.failures, job.reason) == (State.ARMED, 1, "code: Notify answered 429")
    await send()
    assert notify.accepted == []
    await make_due(database)
    await send()
    assert addresses(notify) == [TO]


async def test_a_message_whose_answer_was_lost_is_sent_once(database, notify, send):
    await queue_code(database)
    notify.is_answer_lost = True
    await send()
    assert [job.failures for job in await list_jobs(database)] == [1]
    await make_due(database)
    await send()
    assert len(notify.accepted) == 1
    assert [request.split(b" ")[0] for request in notify.requests] == [b"POST", b"GET"]
    assert (await list_rows(database), await list_jobs(database)) == ([], [])


async def test_a_message_that_never_arrived_is_sent_again_with_the_same_reference(database, notify, send):
    await queue_code(database)
    notify.answers = [Answer(500)]
    await send()
    await make_due(database)
    await send()
    assert addresses(notify) == [TO]
    first, _, second = notify.requests
    references = [json.loads(request.partition(b"\r\n\r\n")[2])["reference"] for request in (first, second)]
    assert references[0] == references[1]


@pytest.mark.parametrize("answer", [Answer(500), Answer(403), Answer(200, b"[]"), Answer(200, b"{}")])
async def test_while_notify_cannot_say_what_it_has_nothing_is_sent_twice(database, notify, send, answer):
    await queue_code(database)
    notify.is_answer_lost = True
    await send()
    notify.answers = [answer] * 3
    await make_due(database)
    await send()
    assert (len(notify.accepted), [job.state for job in await list_jobs(database)]) == (1, [State.ARMED])


async def test_a_worker_killed_before_it_heard_that_notify_accepted_sends_nothing_twice(
    database, settings, notify, by_notify, send
):
    await queue_code(database, priority=Priority.URGENT)
    key = by_notify["notify_key"].get_secret_value()
    worker = {**by_notify, "database_url": settings.database_url, "notify_key": key}
    process = await asyncio.create_subprocess_exec(sys.executable, str(SCRIPT), json.dumps(worker))
    notify.on_accept = process.kill
    assert await asyncio.wait_for(process.wait(), 20) == -9
    assert len(notify.accepted) == 1
    notify.on_accept = lambda: None

    async def is_done():
        await make_due(database)
        await send()
        return await list_jobs(database) == []

    await eventually(is_done, within=20)
    assert (len(notify.accepted), await list_rows(database)) == (1, [])
    assert [request.split(b" ")[0] for request in notify.requests] == [b"POST", b"GET"]


async def test_nothing_of_a_message_is_in_its_job_or_in_a_log(database, notify, send, caplog):
    notify.answers = [Answer(500, TO.encode()), Answer(400, json.dumps({"errors": [{"error": TO}]}).encode())]
    with caplog.at_level(logging.DEBUG):
        await queue_code(database)
        await send()
        await queue_sms(database)
        await send()
    jobs = str([tuple(job) for job in await list_jobs(database)])
    assert "Notify answered 500" in jobs
    assert "job" in caplog.text
    for personal in (TO, NUMBER, "123456"):
        assert personal not in jobs
        assert personal not in caplog.text
    assert TO not in repr(COPY)


async def test_what_has_expired_is_deleted_for_every_council(database, run_jobs):
    for council in ("citytown", "hillshire", "*"):
        await queue_code(database, council=council)
    await execute(database, "UPDATE message SET expires_at = now() WHERE council <> 'hillshire'")
    await run_jobs(after=timedelta(minutes=5))
    assert [row.council for row in await list_rows(database)] == ["hillshire"]


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"emails/copy.en.txt": "A\n\nB"}, "email template copy is not in cy"),
        ({"sms/code.cy.txt": "A"}, "sms template code is not in en"),
        ({"emails/copy.en.txt": "A\n\n$b", "emails/copy.cy.txt": "A\n\n$c"}, "other placeholders in Welsh"),
        ({"emails/copy.de.txt": "A\n\nB"}, "NAME.cy.txt"),
        ({"emails/copy.en.txt": "A\n\nB $ C"}, "placeholder"),
        ({"emails/copy.en.txt": "A"}, "a line of subject"),
        ({"emails/copy.en.txt": "A\nB\n\nC"}, "a line of subject"),
        ({"emails/copy.en.txt": "A\n\nB", "bins/emails/copy.en.txt": "A\n\nB"}, "two templates"),
    ],
)
def test_a_service_with_a_template_that_is_not_whole_does_not_start(
    service, settings, tmp_path, monkeypatch, request, files, fault
):
    package = f"letters{abs(hash(request.node.name))}"
    for name, content in {"__init__.py": "", **files}.items():
        path = tmp_path / package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ValueError, match=fault):
        create_app(replace(service, messages=Messages(package)), settings)


def test_a_service_that_could_not_show_its_messages_does_not_start(service, settings):
    with pytest.raises(ValueError, match="need pages"):
        create_app(replace(service, pages=None), settings)


def test_a_value_is_one_line_of_bounded_length_and_turns_no_text_round():
    values = {"title": "Bins\r\nBcc: x@evil.example\n\nNow\u2028do\x00this\u202e" + "x" * 900}
    email = messages.templates.render("email", "copy", "en", values)
    assert email.subject.startswith("Your note “Bins Bcc: x@evil.example Now do this xxx")
    assert len(max(email.body.splitlines(), key=len)) <= 500 + len("You wrote: ")


def test_a_dollar_in_a_value_is_a_dollar():
    lines = {"title": ["Bins\nBcc: x@y.example", "Bags"]}
    email = messages.templates.render("email", "copy", "en", lines)
    assert "\n" not in email.subject
    assert "Bins Bcc: x@y.example\nBags" in email.body
    assert "$code ${x}" in messages.templates.render("email", "copy", "en", {"title": "$code ${x}"}).body


async def test_a_service_hears_when_a_message_was_sent_and_not_before(database, send, notify, monkeypatch):
    receipts = []

    async def record(_, council, message_id):
        receipts.append((council, message_id))

    monkeypatch.setattr(messages, "_after_sent", {})
    messages.after_sent("copy")(record)
    async with database.writing("citytown") as session:
        message_id = await messages.queue(session, COPY, council="citytown")
    notify.answers.append(Answer(500))
    await send()
    assert receipts == []
    await make_due(database)
    await send()
    assert (receipts, len(notify.accepted)) == ([("citytown", message_id)], 1)


async def test_a_message_that_is_withdrawn_is_not_sent(database, send, notify):
    async with database.writing("citytown") as session:
        message_id = await messages.queue(session, COPY, council="citytown")
    async with database.writing("hillshire") as session:
        await messages.withdraw(session, [message_id], council="hillshire")
    assert len(await list_rows(database)) == 1
    async with database.writing("citytown") as session:
        await messages.withdraw(session, [message_id], council="citytown")
    await send()
    assert (notify.accepted, await list_rows(database)) == ([], [])
