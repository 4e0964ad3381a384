"""How many text messages may go: each costs money, and each bothers somebody."""

import asyncio
import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from chassis import ids
from chassis.app import create_app
from chassis.testing import running
from identity.factors.actions import sms
from identity.factors.tables import text_count
from identity.housekeeping import actions as housekeeping
from identity.shared.rules import limits
from identity.verification.actions.context import ClientContext
from identity.verification.tables import attempt
from services.identity.tests.phones import (
    ACCOUNT,
    PHONE,
    TEXT,
    add_phone,
    code_to,
    settings,
    texts,
    uncounted,
)

__all__ = ["settings", "texts", "uncounted"]


@pytest.fixture
def budget(app, monkeypatch):
    """``budget(texts_new_per_day=1)``: so many texts a day."""

    def set_to(**most):
        changed = app.state.auth.settings.model_copy(update=most)
        monkeypatch.setattr(app.state.auth, "settings", changed)

    return set_to


async def ask(tab, number):
    return await tab.post(PHONE, phone=number)


async def sent_to(app, database, numbers, network):
    """How many texts go, asked for to these numbers by as many accounts."""
    sent = 0
    for count, number in enumerate(numbers):
        visitor = ClientContext(bytes([count]) * 32, network or f"192.0.2.{count}", "en", "Firefox")
        async with database.writing() as session:
            wait = await sms.may_send(session, app.state.auth, visitor, ids.new(), number, new=True)
        sent += wait is None
    return sent


async def test_one_account_gets_few_texts_and_is_told_when_to_come_again(newcomer, texts):
    tab = await newcomer("many@limits.example")
    for last in range(limits.TEXTS_FOR_ACCOUNT.most):
        assert (await ask(tab, f"0770090050{last}")).status_code == 303
    answer = await ask(tab, "07700900509")
    assert answer.status_code == 429
    assert "We cannot send you another text message yet" in answer.text
    assert 800 < int(answer.headers["Retry-After"]) <= 960
    assert re.search(r"<strong>\d+ \w+ \d{4}, \d\d:\d\d</strong>", answer.text)
    assert await texts("+447700900509") == []


async def test_a_number_gets_few_texts_whoever_asks(newcomer, texts):
    number = "+447700900511"
    for who in range(limits.TEXTS_TO_NUMBER.most):
        assert (await ask(await newcomer(f"who{who}@limits.example"), number)).status_code == 303
    answer = await ask(await newcomer("who9@limits.example"), number)
    assert answer.status_code == 429
    assert len(await texts(number)) == limits.TEXTS_TO_NUMBER.most
    assert int(answer.headers["Retry-After"]) > 3_000


async def test_a_row_of_numbers_gets_few_texts(app, client, database):
    """Toll fraud asks for texts to whole rows of numbers, by many accounts, from many places."""
    row = [f"+447400123{last:03}" for last in range(limits.TEXTS_TO_NEIGHBOURS.most + 3)]
    assert await sent_to(app, database, row, "") == limits.TEXTS_TO_NEIGHBOURS.most


async def test_a_network_gets_so_many_texts(app, client, database):
    numbers = [f"+447400{place:03}456" for place in range(limits.TEXTS_FROM_NETWORK.most + 2)]
    assert await sent_to(app, database, numbers, "198.51.100.7") == limits.TEXTS_FROM_NETWORK.most


async def test_the_days_budget_for_new_numbers_ends_at_midnight_and_is_said_once(
    newcomer, texts, budget, caplog
):
    budget(texts_new_per_day=1)
    with caplog.at_level(logging.ERROR):
        assert (await ask(await newcomer("day1@limits.example"), "07700900521")).status_code == 303
        tab = await newcomer("day2@limits.example")
        for _ in range(2):
            answer = await ask(tab, "07700900522")
    assert answer.status_code == 429
    tomorrow = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)
    seconds = (tomorrow - datetime.now(UTC)).total_seconds()
    assert seconds - 5 <= int(answer.headers["Retry-After"]) <= seconds + 65
    assert [one.message for one in caplog.records if "budget" in one.message] == [
        "the day's budget of text messages is used up: 1 of new"
    ]
    assert "900521" not in caplog.text


async def test_a_budget_holds_when_many_ask_at_once(app, client, database, budget):
    budget(texts_new_per_day=3)
    asked = [sent_to(app, database, [f"+447400{place:03}789"], f"203.0.113.{place}") for place in range(8)]
    assert sum(await asyncio.gather(*asked)) == 3


async def test_what_strangers_use_up_shuts_nobody_out_of_signing_in(
    newcomer, texts, budget, browser, letters, database
):
    address, number = "in@limits.example", "+447700900531"
    tab = await newcomer(address)
    await tab.post(TEXT, phone=number)
    await tab.post(f"{TEXT}/code", code=await code_to(texts, number))
    budget(texts_new_per_day=0)
    for who in range(limits.TEXTS_TO_NUMBER.most):
        await ask(await newcomer(f"pest{who}@limits.example"), number)
    other = browser()
    await other.post("/identity/sign-in", email=address)
    code = [one.personalisation["code"] for one in await letters(address) if "code" in one.personalisation]
    await other.post("/identity/sign-in/code", code=code[-1])
    assert (await other.post("/identity/sign-in/text")).status_code == 303
    answer = await other.post("/identity/sign-in/text/code", code=await code_to(texts, number))
    assert answer.headers["location"] == ACCOUNT


async def test_who_reads_the_mail_alone_shuts_a_known_browser_not_out(newcomer, texts, browser, letters):
    address, number = "known@limits.example", "+447700900532"
    mine = await newcomer(address)
    await mine.post(TEXT, phone=number)
    await mine.post(f"{TEXT}/code", code=await code_to(texts, number))

    async def first(tab):
        await tab.post("/identity/sign-in", email=address)
        codes = [
            one.personalisation["code"] for one in await letters(address) if "code" in one.personalisation
        ]
        await tab.post("/identity/sign-in/code", code=codes[-1])

    thief = browser()
    await first(thief)
    statuses = [(await thief.post("/identity/sign-in/text")).status_code for _ in range(6)]
    assert statuses[-1] == 429
    await mine.post("/identity/sign-out")
    await first(mine)
    assert (await mine.post("/identity/sign-in/text")).status_code == 303


async def test_other_countries_have_a_budget_of_their_own(newcomer, texts, budget):
    budget(texts_abroad_per_day=1)
    assert (await ask(await newcomer("fr1@limits.example"), "+33612345678")).status_code == 303
    tab = await newcomer("fr2@limits.example")
    assert (await ask(tab, "+33612345679")).status_code == 429
    assert (await ask(tab, "07700900541")).status_code == 303
    budget(texts_abroad_per_day=0)
    answer = await ask(tab, "+33612345670")
    assert answer.status_code == 400
    assert "We cannot send texts to other countries" in answer.text


async def test_a_text_may_go_again_when_the_time_that_was_said_has_come(newcomer, texts, database):
    tab = await newcomer("again@limits.example")
    for last in range(5):
        await ask(tab, f"0770090055{last}")
    assert (await ask(tab, "07700900559")).status_code == 429
    async with database.writing() as session:
        for row in await session.all(select(attempt)):
            earlier = [one - timedelta(seconds=900) for one in row.times]
            await session.execute(update(attempt).where(attempt.c.key == row.key).values(times=earlier))
    assert (await ask(tab, "07700900559")).status_code == 303


async def test_the_days_counts_are_cleared_away_after_a_month(newcomer, texts, database):
    await add_phone(await newcomer("sweep@limits.example"), texts, "+447700900561")
    async with database.writing() as session:
        old = datetime.now(UTC).date() - timedelta(days=32)
        await session.execute(text_count.insert(), {"day": old, "kind": "new", "sent": 7})
    await housekeeping.once(database)
    async with database.reading() as session:
        rows = await session.all(select(text_count))
    assert [(row.kind, row.sent) for row in rows] == [("new", 1)]


async def test_where_no_texts_go_there_are_no_pages_of_phones(service, database_url, settings):
    app = create_app(service, settings.model_copy(update={"texts": "none"}))
    async with running(app) as client:
        for path in (PHONE, f"{PHONE}/code", TEXT):
            assert (await client.get(path)).status_code == 404
