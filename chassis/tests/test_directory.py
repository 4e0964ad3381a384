"""The councils and refusals that a web process holds in memory, over gaps in its connection."""

import asyncio
import time
from contextlib import asynccontextmanager, suppress

import pytest
from consumer_harness import open_distant

from chassis import table_copies
from chassis.consumer import run_forever
from chassis.deny_list import DenyList
from chassis.directory import Directory
from chassis.testing import eventually

_NAME = "UPDATE council SET name = $1, version = version + 1 WHERE slug = 'citytown'"
_REVOKE = """INSERT INTO revoked_token (council, id, expires_at)
    VALUES ('citytown', $1, now() + interval '1 day')"""
_END_LISTENERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'listener' AND datname = current_database() AND pid <> pg_backend_pid()"""


@asynccontextmanager
async def following(database):
    """Follow the tables as a web process does."""
    copies = table_copies.TableCopies(database)
    directory, deny_list = Directory(copies), DenyList(copies)
    task = asyncio.create_task(run_forever("table copies", copies.follow))
    try:
        await eventually(lambda: directory.councils)
        yield directory, deny_list
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def owner(database):
    connection = await database.listen()
    yield connection
    await connection.close()


async def test_what_changed_while_the_database_was_away_is_known_a_second_after_its_return(settings, owner):
    async with open_distant(settings) as (database, proxy), following(database) as (directory, deny_list):
        await proxy.cut()
        await owner.execute(_NAME, "Renamed")
        await owner.execute(_REVOKE, "lost")
        await asyncio.sleep(1.5)
        assert "lost" not in deny_list.revoked
        await proxy.open()
        opened_at = time.monotonic()
        await eventually(lambda: "lost" in deny_list.revoked, every=0.01)
        assert time.monotonic() - opened_at < 1
        assert directory.councils["citytown"].name == "Renamed"


async def test_a_connection_ended_by_the_server_is_noticed_before_the_next_poll(
    settings, database, owner, monkeypatch
):
    monkeypatch.setattr(table_copies, "_POLL", 60)
    async with following(database) as (_, deny_list):
        await owner.execute(_END_LISTENERS)
        await owner.execute(_REVOKE, "ended")
        await eventually(lambda: "ended" in deny_list.revoked, within=2)
        await owner.execute(_REVOKE, "notified")
        await eventually(lambda: "notified" in deny_list.revoked, within=2)


async def test_a_server_that_does_not_answer_any_more_is_given_up(settings, owner, monkeypatch):
    monkeypatch.setattr(table_copies, "_POLL", 0.1)
    monkeypatch.setattr(table_copies, "_STATEMENT_TIMEOUT", 0.5)
    async with open_distant(settings) as (database, proxy), following(database) as (_, deny_list):
        proxy.freeze()
        await owner.execute(_REVOKE, "frozen")
        await asyncio.sleep(1)
        proxy.thaw()
        await eventually(lambda: "frozen" in deny_list.revoked)
