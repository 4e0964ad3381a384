"""Drafts: sealed, of one browser, guarded by their version, and counted when they are gone."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from chassis import clock
from chassis.encryption import WrongKeyError
from chassis.testing import SEALING_KEY
from resident.drafts.actions import (
    Draft,
    StaleDraftError,
    close_draft,
    delete_draft,
    find_draft,
    save_draft,
    start_draft,
)
from resident.drafts.rules import make_seal, make_secret, open_content
from resident.facts.schemas import FactRecord

SERVICE = "garden-waste"
OTHER_KEY = "A" * 43
NAME = "Eleri Gwawr-Unmistakable"


@pytest.fixture(scope="module")
async def published(bundles, publish):
    return {council: await publish(bundles[council, SERVICE]) for council in ("citytown", "hillshire")}


@pytest.fixture
def seal():
    return make_seal(SEALING_KEY, make_secret())


@pytest.fixture
def start(database, published):
    """Make ``await start(seal)``: a draft with an answer and a fact, saved."""

    async def make(seal, council="citytown", **answers):
        draft = start_draft(council, SERVICE, published[council], "en", seal)
        draft.answers.update({"name": NAME, **answers})
        draft.facts["held"] = FactRecord("{}", {"active": 0}, "2026-12-01T09:00:00+00:00")
        draft.page = "bins"
        await save(database, draft)
        return draft

    return make


async def save(database, draft):
    async with database.writing(draft.council) as session:
        await save_draft(session, draft)


async def find(database, seal, council="citytown") -> Draft | None:
    async with database.reading(council) as session:
        return await find_draft(session, council, SERVICE, seal)


async def test_a_draft_is_opened_by_its_browser_and_by_no_other(database, start, seal):
    draft = await start(seal)
    again = await find(database, seal)
    assert (again.id, again.version, again.answers) == (draft.id, 1, {"name": NAME})
    assert again.facts == draft.facts
    assert await find(database, make_seal(SEALING_KEY, make_secret())) is None
    assert await find(database, make_seal(SEALING_KEY)) is None
    assert await find(database, make_seal(SEALING_KEY, "' OR true --")) is None
    assert await find(database, seal, "hillshire") is None


async def test_the_database_alone_opens_nothing_nor_does_the_servers_key(database, start, seal):
    draft = await start(seal)
    async with database.reading("citytown") as session:
        row = await session.first(text("SELECT * FROM draft WHERE id = :id"), {"id": draft.id})
    everything = " ".join(map(str, row)).encode() + row.sealed + row.secret_hash
    assert NAME.encode() not in everything
    assert seal.secret.encode() not in everything
    stolen = bytes(row.sealed)
    for opener in (
        make_seal(SEALING_KEY),
        make_seal(SEALING_KEY, make_secret()),
        make_seal(OTHER_KEY, seal.secret),
    ):
        with pytest.raises(WrongKeyError):
            open_content(opener, draft.id, stolen)
    other = await start(make_seal(SEALING_KEY, make_secret()))
    with pytest.raises(WrongKeyError):
        open_content(seal, other.id, stolen)
    assert open_content(seal, draft.id, stolen)["answers"] == {"name": NAME}
    assert seal.secret not in repr(draft)
    assert NAME not in repr(draft)


async def test_a_draft_of_a_key_that_was_replaced_is_lost_and_nothing_breaks(database, start, seal):
    await start(seal)
    assert await find(database, make_seal(OTHER_KEY, seal.secret)) is None


async def test_of_two_tabs_the_older_is_refused(database, start, seal):
    await start(seal)
    first, second = await find(database, seal), await find(database, seal)
    first.answers["bins"] = 1
    await save(database, first)
    second.answers["bins"] = 2
    with pytest.raises(StaleDraftError):
        await save(database, second)
    assert (await find(database, seal)).answers["bins"] == 1


async def test_of_two_first_answers_at_once_one_makes_the_draft(database, published, seal):
    drafts = [start_draft("citytown", SERVICE, published["citytown"], "en", seal) for _ in range(2)]
    outcomes = await asyncio.gather(*(save(database, draft) for draft in drafts), return_exceptions=True)
    assert sorted(map(type, outcomes), key=str) == sorted([type(None), StaleDraftError], key=str)


async def test_a_draft_that_was_sent_has_no_answers_and_another_may_begin(database, start, seal):
    draft = await start(seal)
    stale = await find(database, seal)
    async with database.writing("citytown") as session:
        await close_draft(session, draft)
    closed = await find(database, seal)
    assert (closed.id, closed.state, closed.answers, closed.facts) == (draft.id, "submitted", {}, {})
    async with database.writing("citytown") as session:
        with pytest.raises(StaleDraftError):
            await close_draft(session, stale)
        assert await session.scalar(text("SELECT max(length(sealed)) FROM draft WHERE state <> 'open'")) == 0
    newer = await start(seal)
    assert (await find(database, seal)).id == newer.id


async def test_drafts_end_after_a_day_and_leave_a_count_by_page(database, start, set_clock, run_jobs):
    now = clock.now()
    drafts = [await start(make_seal(SEALING_KEY, make_secret())) for _ in range(3)]
    closed = await start(make_seal(SEALING_KEY, make_secret()))
    async with database.writing("citytown") as session:
        await close_draft(session, closed)
    northern = await start(make_seal(SEALING_KEY, make_secret()), "hillshire")
    set_clock((now + timedelta(hours=23)).isoformat())
    assert await find(database, drafts[0].seal)
    again = await find(database, drafts[0].seal)
    await save(database, again)  # an answer keeps it for another day
    set_clock((now + timedelta(hours=25)).isoformat())
    assert await find(database, drafts[1].seal) is None
    await run_jobs(after=timedelta(hours=2))
    assert await find(database, drafts[0].seal)
    assert (
        await count(database, "citytown", drafts[1:]) == await count(database, "hillshire", [northern]) == 0
    )
    figures = await list_figures(database, "citytown")
    assert ("garden-waste", "bins", "en", "expired") in {figure[:4] for figure in figures}
    assert sum(figure[4] for figure in figures if figure[3] == "expired") >= 2
    assert [figure[1:] for figure in await list_figures(database, "hillshire")] == [
        ("bins", "en", "expired", 1)
    ]


async def test_answers_that_are_deleted_are_gone_at_once(database, start, seal):
    draft = await start(seal)
    async with database.writing("citytown") as session:
        await delete_draft(session, draft)
    assert await find(database, seal) is None
    assert ("garden-waste", "bins", "en", "deleted", 1) in await list_figures(database, "citytown")


async def count(database, council, drafts):
    async with database.reading(council) as session:
        statement = text("SELECT count(*) FROM draft WHERE id = ANY(:ids)")
        return await session.scalar(statement, {"ids": [draft.id for draft in drafts]})


async def list_figures(database, council):
    async with database.reading(council) as session:
        statement = text("SELECT service, page, language, outcome, drafts FROM draft_figure")
        return [tuple(row) for row in await session.all(statement)]
