"""Councils and revocations told again, and what a service that follows them makes of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from chassis import tables, tenancy
from chassis.database import Session
from chassis.events import unwrap
from chassis.resync import resync
from chassis.testing import published
from identity.app import service
from identity.councils.actions import snapshots
from identity.issuer.actions import revocations

COUNCILS = select(tables.council).order_by(tables.council.c.slug)
VIEWS = {view.view.event_type: view.view for view in tenancy.councils.handlers.values()}


async def tell_again(database):
    async for _ in resync(service.snapshots, database):
        pass
    return [event for event in await published(database) if event.snapshot]


@pytest.mark.parametrize("page", [1, 2, 1_000])
async def test_every_council_is_told_with_its_version(database, monkeypatch, page):
    monkeypatch.setattr(snapshots, "_PAGE", page)
    async with database.writing() as session:
        await session.execute(text("DELETE FROM outbox"))
        await session.execute(text("UPDATE council SET version = 4 WHERE slug = 'hillshire'"))
    events = await tell_again(database)
    async with database.reading() as session:
        rows = await session.all(COUNCILS)
    council_events = [event for event in events if event.type.startswith("identity.council.")]
    assert [(event.council, event.sequence) for event in council_events] == [
        (row.slug, row.version) for row in rows
    ]
    assert {event.type for event in council_events if event.council == "hillshire"} == {
        "identity.council.changed.v1"
    }


async def test_every_credential_still_refused_is_told(database, monkeypatch):
    monkeypatch.setattr(snapshots, "_PAGE", 2)
    soon, past = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) - timedelta(hours=1)
    async with database.writing() as session:
        for council, credential, end in (
            ("citytown", "a", soon),
            ("citytown", "b", soon),
            ("hillshire", "a", soon),
            ("citytown", "old", past),
        ):
            await revocations.revoke_credential(session, council, credential, end)
        await session.execute(text("DELETE FROM outbox"))
    revoked = [event for event in await tell_again(database) if event.type == "identity.token.revoked.v1"]
    subjects = [(event.council, event.subject) for event in revoked]
    assert subjects == [("citytown", "a"), ("citytown", "b"), ("hillshire", "a")]


async def test_a_copy_is_set_to_a_snapshot_even_of_a_lower_version(database):
    """The record was restored from a backup: its version is behind the copy's."""
    [event] = [event for event in await tell_again(database) if event.subject == "citytown"][:1]
    received = unwrap(event, VIEWS[event.type])
    handler = tenancy.councils.handlers[event.type].handle
    async with database.writer.connect() as connection:
        session = Session(connection)
        await session.execute(text("UPDATE council SET version = 99, name = 'Of a lost change'"))
        await handler(session, [received])
        row = await session.first(text("SELECT name, version FROM council WHERE slug = 'citytown'"))
        assert (row.name, row.version) == (received.data.name, event.sequence)
        row = await session.first(text("SELECT version FROM council WHERE slug = 'hillshire'"))
        assert row.version == 99
        await connection.rollback()
