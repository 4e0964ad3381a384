"""The gazetteer told again: an event of each property and street as it is, marked as a snapshot."""

import asyncio

import pytest
from sqlalchemy import text

from address.events import PropertyCreated, PropertyRetired, StreetCreated
from address.loading.actions import snapshots
from chassis.events import unwrap
from chassis.resync import resync
from chassis.testing import published

PROPERTIES = "SELECT council, uprn, version, logical_status FROM blpu ORDER BY council, uprn"
STREETS = "SELECT council, usrn, version, state FROM street ORDER BY council, usrn"
ALL = {"streets": snapshots.add_streets, "properties": snapshots.add_properties}


@pytest.fixture(autouse=True)
async def _only_snapshots_in_the_outbox(gazetteer, rows_of):
    await rows_of("TRUNCATE outbox")


async def tell_again(database):
    return {progress.aggregate: progress.events async for progress in resync(ALL, database)}


@pytest.mark.parametrize("page", [2, 3, 5_000])
async def test_every_property_and_street_of_every_council_is_told_once(database, rows_of, monkeypatch, page):
    monkeypatch.setattr(snapshots, "_PAGE", page)
    properties, streets = await rows_of(PROPERTIES), await rows_of(STREETS)
    assert len({council for council, *_ in properties}) == 2
    assert await tell_again(database) == {"streets": len(streets), "properties": len(properties)}
    events = await published(database)
    assert all(event.snapshot for event in events)
    assert len({event.id for event in events}) == len(events)
    snapshots_ = sorted((event.council, int(event.subject), event.sequence) for event in events)
    assert snapshots_ == sorted(
        (council, number, version) for council, number, version, _ in properties + streets
    )
    assert await rows_of("SELECT count(*) FROM outbox WHERE NOT bulk") == [(0,)]


async def test_a_snapshot_says_what_the_events_of_changes_said(database, rows_of):
    [(uprn, easting, northing, postcode)] = await rows_of(
        "SELECT uprn, easting, northing, postcode FROM blpu WHERE council = 'citytown' ORDER BY uprn LIMIT 1"
    )
    [retired] = await rows_of("SELECT max(uprn) FROM blpu WHERE council = 'citytown'")
    await rows_of(f"UPDATE blpu SET logical_status = 8, version = 9 WHERE uprn = {retired[0]}")
    await tell_again(database)
    events = {(event.council, event.subject): event for event in await published(database)}
    state = unwrap(events["citytown", str(uprn)], PropertyCreated)
    assert (state.data.easting, state.data.northing) == (float(easting), float(northing))
    assert state.data.postcode == postcode
    assert state.snapshot
    last = unwrap(events["citytown", str(retired[0])], PropertyRetired)
    assert (last.type, last.sequence) == ("address.property.retired.v1", 9)
    [(usrn, description)] = await rows_of(
        """SELECT usrn, description FROM street_descriptor
            WHERE council = 'citytown' AND language = 'ENG' LIMIT 1"""
    )
    assert unwrap(events["citytown", str(usrn)], StreetCreated).data.description == description


async def test_a_change_waits_for_the_snapshot_and_stands_behind_it(database, rows_of):
    """Else a copy would be set back to the state before the change."""
    update = text("UPDATE blpu SET version = version + 1 WHERE council = 'citytown'")

    async def change():
        async with database.writing("citytown") as session:
            await session.execute(update)

    async with database.writing() as session:
        await snapshots.add_properties(session, None)
        waiting = asyncio.create_task(change())
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
    await waiting


async def test_a_full_outbox_is_waited_for(database, monkeypatch):
    monkeypatch.setattr("chassis.resync._MAX_WAITING", 1)
    steps = resync(ALL, database)
    first = await anext(steps)
    assert not first.waits
    assert (await anext(steps)).waits
    await steps.aclose()
