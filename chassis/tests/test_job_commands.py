"""People read, replay and drop jobs that were given up; Prometheus reads the queue; the worker runs it."""

import re
from dataclasses import replace

import httpx
import pytest
from job_harness import Send, Write
from notes.jobs import Remind
from sqlalchemy import MetaData, text
from test_worker import parse, running

from chassis.__main__ import _make_parser
from chassis.commands import CommandError
from chassis.job_commands import run
from chassis.jobs import enqueue
from chassis.jobs.dead_jobs import purge
from chassis.jobs.states import State
from chassis.testing import eventually
from chassis.worker.monitor import Monitor


@pytest.fixture
def command(jobs, service, settings, capsys):
    async def command(*arguments):
        parsed = _make_parser().parse_args(["jobs", "notes", *arguments])
        code = await run(service, settings, parsed)
        return code, capsys.readouterr().out

    return command


@pytest.fixture
async def dead(jobs):
    """Two jobs that were given up, of two councils, with a secret in them."""

    def fail(session, job):
        raise RuntimeError

    for handler in jobs.handlers.by_kind.values():
        object.__setattr__(handler, "tries", 1)
    jobs.behave = fail
    await jobs.enqueue("secret")
    await jobs.enqueue("secret", council="hillshire")
    await jobs.drain()
    jobs.behave = lambda session, job: None
    return [row.id for row in await jobs.list_rows()]


async def test_dead_jobs_are_listed_by_kind_and_reason_without_their_payload(command, dead):
    code, out = await command("list")
    assert code == 0
    assert "tests.write: 2, " in out
    assert "RuntimeError at" in out
    assert f"{dead[0]}  citytown" in out
    assert "secret" not in out + (await command("show", str(dead[0])))[1]
    assert "secret" in (await command("show", str(dead[0]), "--data"))[1]
    assert (await command("list", "--kind", "tests.send"))[1] == "no dead jobs\n"
    assert re.search(r"tests.write +dead +2", (await command("count"))[1])


async def test_a_dead_job_is_replayed_with_all_its_tries(command, dead, jobs):
    assert await command("replay", str(dead[1])) == (0, "1 back on the queue; the worker runs them\n")
    assert [(row.state, row.failures) for row in await jobs.list_rows()] == [
        (State.DEAD, 1),
        (State.READY, 0),
    ]
    await jobs.drain()
    assert await jobs.list_notes("hillshire") == ["secret"]
    assert (await command("replay", str(dead[1])))[0] == 1
    assert (await command("replay", "--kind", "tests.write"))[0] == 0
    await jobs.drain()
    assert await jobs.list_notes() == ["secret"]
    assert (await command("replay", "--all"))[0] == 1
    with pytest.raises(CommandError, match="say which"):
        await command("replay")


async def test_a_dropped_job_says_who_and_why_and_is_never_run(command, dead, jobs):
    await command("drop", str(dead[0]), "--reason", "a test", "--by", "Ann")
    assert "Ann: a test" in (await command("list", "--dropped"))[1]
    await command("replay", "--all")
    await jobs.drain()
    assert (await jobs.list_notes(), await jobs.list_notes("hillshire")) == ([], ["secret"])
    with pytest.raises(CommandError, match="given up"):
        await command("drop", str(dead[0]), "--reason", "again")
    with pytest.raises(CommandError, match="at most 300"):
        await command("drop", str(dead[1]), "--reason", "x" * 400)


@pytest.mark.parametrize("argument", ["x", "-1", "0", "9" * 30, "1; DROP TABLE job"])
async def test_what_is_no_id_is_a_message(command, argument):
    with pytest.raises(CommandError, match="no id"):
        await command("show", "--", argument)


async def test_a_job_that_waits_cannot_be_shown_or_dropped(command, jobs):
    await jobs.enqueue("x")
    [row] = await jobs.list_rows()
    with pytest.raises(CommandError, match="given up"):
        await command("show", str(row.id))
    with pytest.raises(CommandError, match="given up"):
        await command("drop", str(row.id), "--reason", "x")


async def test_dead_jobs_are_purged_after_90_days(dead, jobs):
    await jobs.execute("UPDATE job SET due_at = now() - interval '91 days' WHERE id = :id", id=dead[0])
    async with jobs.database.writing("*") as session:
        assert await purge(session, 100) == 1
    assert [row.id for row in await jobs.list_rows()] == dead[1:]


async def test_the_queue_is_measured_by_kind_and_state(jobs, service, settings):
    async with jobs.database.writing("citytown") as session:
        await enqueue(session, Remind(text="x"), council="citytown")
    await jobs.enqueue("of another version", kind=Send)
    await jobs.execute("UPDATE job SET due_at = now() - interval '1 hour'")
    monitor = Monitor(service, service.database(settings))
    metrics = parse((await monitor.answer("/metrics")).body.decode())
    await monitor.close()
    assert metrics['townhall_jobs{kind="notes.remind",state="ready"}'] == 1
    assert metrics['townhall_jobs{kind="notes.remind",state="dead"}'] == 0
    assert metrics['townhall_jobs{kind="unknown",state="ready"}'] == 1
    assert 3600 <= metrics['townhall_job_oldest_age_seconds{kind="unknown",state="ready"}'] < 3700
    assert not [name for name in metrics if "tests.send" in name and name.startswith("townhall_jobs{")]


async def test_without_a_database_nothing_is_said_of_jobs(service, settings):
    away = settings.model_copy(update={"database_url": "postgresql://a:b@127.0.0.1:1/x"})
    monitor = Monitor(service, service.database(away))
    metrics = parse((await monitor.answer("/metrics")).body.decode())
    await monitor.close()
    assert not [name for name in metrics if name.startswith("townhall_jobs{")]


async def test_a_services_worker_runs_its_jobs_and_measures_its_schedules(jobs, service, settings):
    async with running(service, settings) as http:
        assert isinstance(http, httpx.AsyncClient)
        async with jobs.database.writing("citytown") as session:
            await enqueue(session, Remind(text="Bring the bins in"), council="citytown")

        async def is_done():
            return await jobs.list_notes() == ["Bring the bins in"]

        await eventually(is_done, within=10)

        async def is_measured():
            metrics = parse((await http.get("/metrics")).text)
            done = metrics.get('townhall_jobs_finished_total{kind="notes.remind",outcome="done"}', 0)
            return done >= 1 and metrics.get('townhall_schedule_late_seconds{schedule="bins"}') == 0

        await eventually(is_measured, within=10)
    assert Write.kind not in {handler.data.kind for part in service.jobs for handler in part.by_kind.values()}


async def test_a_service_without_secured_rows_of_its_own_enqueues_all_the_same(service, settings):
    """Its transactions see their council's jobs; its reads spend no round trip on it."""
    plain = replace(service, metadata=MetaData(), webhooks=None, sign_in=None)
    assert not plain.rows_secured
    database = plain.database(settings)
    async with database.writing("citytown") as session:
        await enqueue(session, Remind(text="x"), council="citytown")
        assert await session.scalar(text("SELECT count(*) FROM job")) == 1
        await session.connection.rollback()
    await database.close()
