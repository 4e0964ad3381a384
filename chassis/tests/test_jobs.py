"""Jobs: enqueued with their cause, done once with the rights of their council, tried again, given up."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from job_harness import Send, Write, WriteAll
from notes.jobs import Remind
from pydantic import Field
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.jobs import (
    CallContext,
    CallData,
    JobData,
    JobHandlers,
    RefusedError,
    RetryAfterError,
    UnreadableError,
    cancel,
    enqueue,
)
from chassis.jobs.handlers import combine
from chassis.jobs.states import Priority, State

LATER = datetime(2035, 1, 1, tzinfo=UTC)


async def test_a_job_takes_effect_once_and_leaves_no_row(jobs):
    await jobs.enqueue("one", "two")
    await jobs.drain()
    await jobs.drain()
    assert await jobs.list_notes() == ["one", "two"]
    assert await jobs.list_rows() == []


async def test_a_job_is_there_only_if_its_cause_commits(jobs):
    with pytest.raises(RuntimeError):
        async with jobs.database.writing("citytown") as session:
            await enqueue(session, Write(text="undone"), council="citytown")
            raise RuntimeError
    assert await jobs.list_rows() == []


async def test_a_session_sees_and_enqueues_only_its_councils_jobs(jobs):
    await jobs.enqueue("ours")
    async with jobs.database.writing("hillshire") as session:
        assert await session.scalar(text("SELECT count(*) FROM job")) == 0
        assert await session.execute(text("DELETE FROM job")) == 0
        with pytest.raises(Exception, match="row-level security"):
            await enqueue(session, Write(text="theirs"), council="citytown")
        await session.connection.rollback()
    assert [row.payload for row in await jobs.list_rows()] == [{"text": "ours"}]


async def test_a_handler_sees_its_councils_rows_alone_even_among_other_councils_jobs(jobs):
    counts = []

    async def count(session, job):
        counts.append((job.council, await session.scalar(text("SELECT count(*) FROM note"))))

    jobs.behave = count
    for council in ("citytown", "hillshire", "citytown", "hillshire"):
        await jobs.enqueue("x", council=council)
    await jobs.drain()
    assert counts == [("citytown", 0), ("citytown", 1), ("hillshire", 0), ("hillshire", 1)]


async def test_a_handler_cannot_write_another_councils_rows(jobs):
    jobs.behave = lambda session, job: session.execute(
        text("INSERT INTO note (council, id, text) VALUES ('hillshire', gen_random_uuid(), 'planted')")
    )
    await jobs.enqueue("x")
    await jobs.drain()
    assert await jobs.list_notes("hillshire") == []
    [row] = await jobs.list_rows()
    assert "42501" in row.reason


async def test_a_job_waits_for_its_time(jobs):
    await jobs.enqueue("later", due_at=LATER)
    await jobs.drain()
    assert jobs.calls == []
    jobs.now = LATER - timedelta(seconds=1)
    await jobs.drain()
    assert jobs.calls == []
    jobs.now = LATER
    await jobs.drain()
    assert jobs.calls == ["later"]


async def test_of_a_key_one_job_waits_and_the_last_counts(jobs):
    await jobs.enqueue("first", key="clock", due_at=LATER)
    await jobs.enqueue("second", key="clock", due_at=LATER + timedelta(days=1))
    await jobs.enqueue("another council's", key="clock", council="hillshire", due_at=LATER)
    await jobs.enqueue("another", key="other", due_at=LATER)
    jobs.now = LATER
    await jobs.drain()
    assert sorted(jobs.calls) == ["another", "another council's"]
    await jobs.enqueue("now", "at once", key="clock")
    await jobs.drain()
    assert jobs.calls[2:] == ["at once"]


async def test_a_key_is_free_once_its_job_was_taken(jobs):
    async def enqueue_again(session, job):
        if job.data.text == "first":
            await enqueue(session, Write(text="second"), council=job.council, key="clock")

    jobs.behave = enqueue_again
    await jobs.enqueue("first", key="clock")
    await jobs.drain()
    assert jobs.calls == ["first", "second"]


async def test_a_job_is_cancelled_by_its_key_until_it_was_taken(jobs):
    await jobs.enqueue("x", key="clock", due_at=LATER)
    async with jobs.database.writing("hillshire") as session:
        assert not await cancel(session, Write, "clock", council="citytown")
    async with jobs.database.writing("citytown") as session:
        assert await cancel(session, Write, "clock", council="citytown")
        assert not await cancel(session, Write, "clock", council="citytown")
    assert await jobs.list_rows() == []


@pytest.mark.parametrize(("words", "key"), [("x" * 100_001, None), ("x", "k" * 201), ("x", "")])
async def test_a_job_that_is_too_large_is_refused(jobs, words, key):
    with pytest.raises(ValueError, match="characters"):
        await jobs.enqueue(words, key=key)
    assert await jobs.list_rows() == []


async def test_a_job_that_fails_is_tried_again_later_and_given_up_with_the_reason(jobs):
    def fail(session, job):
        raise RuntimeError("a secret value")

    jobs.behave = fail
    await jobs.enqueue("bad")
    waits = []
    for failures in (1, 2):
        await jobs.drain()
        [row] = await jobs.list_rows()
        assert (row.state, row.failures) == (State.ARMED, failures)
        waits.append((row.due_at - datetime.now(UTC)).total_seconds())
        await jobs.make_due()
    await jobs.drain()
    assert 3 < waits[0] <= 6
    assert 15 < waits[1] <= 24
    [row] = await jobs.list_rows()
    assert (row.state, row.failures) == (State.DEAD, 3)
    assert row.reason.startswith("RuntimeError at tests/test_jobs.py")
    assert "secret" not in row.reason


async def test_a_poison_job_takes_none_of_its_neighbours_along(jobs):
    def fail(session, job):
        if job.data.text == "poison":
            raise RuntimeError

    jobs.behave = fail
    await jobs.enqueue("a", "poison", "b")
    await jobs.drain()
    assert await jobs.list_notes() == ["a", "b"]
    [row] = await jobs.list_rows()
    assert (row.payload["text"], row.failures) == ("poison", 1)


async def test_what_a_failed_handler_wrote_is_undone(jobs):
    async def write_and_fail(session, job):
        await session.execute(text("UPDATE note SET text = 'spoilt'"))
        raise RuntimeError

    await jobs.enqueue("good")
    await jobs.drain()
    jobs.behave = write_and_fail
    await jobs.enqueue("bad")
    await jobs.drain()
    assert await jobs.list_notes() == ["good"]


async def test_a_handler_that_swallows_a_database_error_does_not_pass_for_done(jobs):
    async def swallow(session, job):
        with suppress(DBAPIError):
            await session.execute(text("SELECT 1/0"))

    jobs.behave = swallow
    await jobs.enqueue("x")
    await jobs.drain()
    assert await jobs.list_notes() == []
    assert len(await jobs.list_rows()) == 1


async def test_a_refused_job_is_given_up_at_once(jobs):
    def refuse(session, job):
        raise RefusedError("it expired")

    jobs.behave = refuse
    await jobs.enqueue("x")
    await jobs.enqueue("y", kind=Send)
    await jobs.drain()
    assert [(row.state, row.reason) for row in await jobs.list_rows()] == [(State.DEAD, "it expired")] * 2


async def test_a_receiver_that_says_when_to_come_again_is_not_called_before(jobs):
    def fail(_, job):
        raise RetryAfterError("it is busy", 600)

    jobs.behave = fail
    await jobs.enqueue("x", kind=Send)
    await jobs.drain()
    [row] = await jobs.list_rows()
    assert (row.failures, row.reason) == (1, "it is busy")
    assert 590 < (row.due_at - datetime.now(UTC)).total_seconds() <= 600


def test_what_calls_share_is_made_once(jobs):
    context = CallContext(jobs.database, jobs.settings)
    assert context.share(list_names) is context.share(list_names)
    assert context.share(list_names) == [jobs.settings.region]


def list_names(settings):
    return [settings.region]


async def test_a_job_that_takes_too_long_fails_of_its_own(jobs, settings):
    jobs.behave = lambda session, job: asyncio.sleep(30)
    for kind in jobs.handlers.by_kind:
        object.__setattr__(jobs.handlers.by_kind[kind], "limit", 0.05)
    await jobs.enqueue("x")
    await jobs.enqueue("y", kind=Send)
    await jobs.drain()
    assert [(row.failures, row.reason) for row in await jobs.list_rows()] == [
        (1, "it took longer than 0.05 s")
    ] * 2


async def test_a_kind_may_take_its_jobs_by_the_list(jobs):
    await jobs.enqueue("a", "b", kind=WriteAll)
    await jobs.enqueue("c", kind=WriteAll, council="hillshire")
    await jobs.drain()
    assert jobs.calls == [["a", "b"], ["c"]]
    assert await jobs.list_notes("hillshire") == ["c"]


async def test_a_call_runs_outside_any_transaction_and_writes_what_came_of_it(jobs):
    open_transactions = text(
        "SELECT count(*) FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid()"
        " AND datname = current_database()"
    )

    async def count(_, job):
        async with jobs.database.reading() as session:
            assert await session.scalar(open_transactions) == 0

    jobs.behave = count
    await jobs.enqueue("sent", kind=Send)
    await jobs.drain()
    assert await jobs.list_notes() == ["sent"]
    assert await jobs.list_rows() == []


async def test_a_call_that_is_repeated_has_the_same_idempotency_key(jobs):
    def fail_once(_, job):
        if not job.failures:
            raise ConnectionError("away")

    jobs.behave = fail_once
    await jobs.enqueue("a", kind=Send)
    await jobs.enqueue("b", kind=Send, council="hillshire")
    await jobs.drain()
    assert [row.failures for row in await jobs.list_rows()] == [
        1,
        1,
    ]  # the world outside is no outage of ours
    await jobs.make_due()
    await jobs.drain()
    assert len(jobs.keys) == 4
    assert len(set(jobs.keys)) == 2


async def test_a_call_whose_result_cannot_be_written_is_repeated(jobs):
    await jobs.enqueue("x", kind=Send)
    jobs.behave = lambda _, job: jobs.execute("UPDATE job SET lease = 1")
    await jobs.drain()
    assert await jobs.list_notes() == []
    assert len(await jobs.list_rows()) == 1


async def test_an_urgent_job_is_run_at_once_by_a_worker_that_waits(jobs, monkeypatch):
    monkeypatch.setattr("chassis.jobs.runner._POLL", 30)
    jobs.schedules = []
    done = asyncio.Event()
    jobs.behave = lambda session, job: done.set()
    async with jobs.running():
        await jobs.enqueue("warm", priority=Priority.URGENT)
        await asyncio.wait_for(done.wait(), 5)
        done.clear()
        await jobs.enqueue("now", priority=Priority.URGENT)
        await asyncio.wait_for(done.wait(), 5)
    assert jobs.calls == ["warm", "now"]


class Old(JobData):
    kind: ClassVar[str] = "tests.versioned"
    name: str


class New(JobData):
    kind: ClassVar[str] = "tests.versioned"
    version: ClassVar[int] = 3
    given_name: str = Field(max_length=5)

    @classmethod
    def upgrade(cls, payload, version):
        if version == 1:
            raise UnreadableError("version 1")
        return {"given_name": payload["name"]}


class Two(Old):
    version: ClassVar[int] = 2


def handle_new(names):
    handlers = JobHandlers()

    @handlers.effect(New)
    async def handle(session, job):
        names.append(job.data.given_name)

    return handlers


async def enqueue_data(jobs, *payloads):
    async with jobs.database.writing("citytown") as session:
        for data in payloads:
            await enqueue(session, data, council="citytown")


async def test_a_payload_of_an_older_version_is_upgraded_or_given_up(jobs):
    names = []
    await enqueue_data(jobs, Two(name="Ann"), Old(name="Bob"), Two(name="Christopher"), New(given_name="Dee"))
    await jobs.drain(handlers=handle_new(names))
    assert names == ["Ann", "Dee"]
    assert [row.reason for row in await jobs.list_rows()] == [
        "unreadable: version 1",
        "unreadable: does not fit: given_name (string_too_long)",
    ]


async def test_a_job_of_an_unknown_kind_or_newer_version_waits_for_its_worker(jobs):
    names, older = [], JobHandlers()

    @older.effect(Two)
    async def handle(session, job):
        raise AssertionError

    await enqueue_data(jobs, New(given_name="Ann"), Remind(text="x"))
    await jobs.drain(handlers=older)
    rows = await jobs.list_rows()
    assert [(row.state, row.failures) for row in rows] == [(State.ARMED, 0)] * 2
    assert all(row.unhandled_since for row in rows)
    await jobs.make_due()
    await jobs.drain(handlers=handle_new(names))
    assert names == ["Ann"]


async def test_a_job_whose_code_is_gone_is_given_up_after_an_hour_and_can_be_replayed(jobs):
    await enqueue_data(jobs, Remind(text="x"))
    await jobs.drain()
    await jobs.make_due()
    await jobs.execute("UPDATE job SET unhandled_since = now() - interval '59 minutes'")
    await jobs.drain()
    assert [row.state for row in await jobs.list_rows()] == [State.ARMED]
    await jobs.make_due()
    await jobs.execute("UPDATE job SET unhandled_since = now() - interval '61 minutes'")
    await jobs.drain()
    [row] = await jobs.list_rows()
    assert (row.state, row.reason) == (State.DEAD, "no handler for version 1")


def test_a_payload_holds_no_council():
    with pytest.raises(TypeError, match="council"):
        type("Planted", (JobData,), {"__annotations__": {"council": str}, "kind": "tests.planted"})


@pytest.mark.parametrize("kind", ["send", "Tests.send", "tests.send now", "tests." + "x" * 60])
def test_a_kind_is_a_name(kind):
    with pytest.raises(TypeError, match="no kind"):
        type("Planted", (JobData,), {"__annotations__": {"kind": ClassVar[str]}, "kind": kind})


def test_handlers_are_checked_when_they_are_declared():
    handlers = JobHandlers()
    handlers.effect(Write)(print)
    with pytest.raises(ValueError, match="handled already"):
        handlers.effect(Write)(print)
    with pytest.raises(ValueError, match="CallData"):
        handlers.call(WriteAll)(print)
    with pytest.raises(ValueError, match="CallData"):
        handlers.effect(Send)(print)
    with pytest.raises(ValueError, match="60 s"):
        handlers.effect(WriteAll, limit=61)(print)
    with pytest.raises(ValueError, match="twice"):
        combine([handlers, handlers])
    assert issubclass(Send, CallData)
