"""Limits and budgets of SMS: each costs money, and each bothers the person who gets it."""

import asyncio
import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from chassis import ids
from chassis.app import create_app
from chassis.testing import running
from identity.factors.actions import phones
from identity.factors.tables import sms_count
from identity.shared.rules import limits
from identity.verification.actions.context import ClientContext
from identity.verification.tables import attempt
from services.identity.tests.phones import (
    ACCOUNT,
    PHONE,
    TEXT,
    add_phone,
    code_to,
    reset_limits,
    sent_sms,
    settings,
)

__all__ = ["reset_limits", "sent_sms", "settings"]


@pytest.fixture
def budget(app, monkeypatch):
    """``budget(texts_new_per_day=1)`` sets the budget of a day."""

    def set_budget(**budgets):
        changed = app.state.auth.settings.model_copy(update=budgets)
        monkeypatch.setattr(app.state.auth, "settings", changed)

    return set_budget


async def request_code(tab, number):
    return await tab.post(PHONE, phone=number)


async def count_sent(app, database, numbers, network):
    """Request a code to each number, each for another account, and count those that are sent."""
    total = 0
    for count, number in enumerate(numbers):
        browser = ClientContext(bytes([count]) * 32, network or f"192.0.2.{count}", "en", "Firefox")
        async with database.writing() as session:
            retry_after = await phones.send_code(session, app.state.auth, browser, ids.new(), number)
        total += retry_after is None
    return total


async def test_an_account_gets_few_sms_and_is_told_when_it_may_have_more(newcomer, sent_sms):
    tab = await newcomer("many@limits.example")
    for last in range(limits.SMS_FOR_ACCOUNT.most):
        assert (await request_code(tab, f"0770090050{last}")).status_code == 303
    response = await request_code(tab, "07700900509")
    assert response.status_code == 429
    assert "We cannot send you another text message yet" in response.text
    assert 800 < int(response.headers["Retry-After"]) <= 960
    assert re.search(r"<strong>\d+ \w+ \d{4}, \d\d:\d\d</strong>", response.text)
    assert await sent_sms("+447700900509") == []


async def test_a_number_gets_few_sms_from_all_accounts_together(newcomer, sent_sms):
    number = "+447700900511"
    for number_of_account in range(limits.SMS_TO_NUMBER.most):
        assert (
            await request_code(await newcomer(f"who{number_of_account}@limits.example"), number)
        ).status_code == 303
    response = await request_code(await newcomer("who9@limits.example"), number)
    assert response.status_code == 429
    assert len(await sent_sms(number)) == limits.SMS_TO_NUMBER.most
    assert int(response.headers["Retry-After"]) > 3_000


async def test_a_block_of_numbers_gets_few_sms(app, client, database):
    """Toll fraud requests SMS to whole blocks of numbers, by many accounts, from many networks."""
    block = [f"+447400123{last:03}" for last in range(limits.SMS_TO_NEIGHBOURS.most + 3)]
    assert await count_sent(app, database, block, "") == limits.SMS_TO_NEIGHBOURS.most


async def test_a_network_gets_only_so_many_sms(app, client, database):
    numbers = [f"+447400{middle:03}456" for middle in range(limits.SMS_FROM_NETWORK.most + 2)]
    assert await count_sent(app, database, numbers, "198.51.100.7") == limits.SMS_FROM_NETWORK.most


async def test_the_budget_for_new_numbers_lasts_until_midnight_and_is_logged_once(
    newcomer, sent_sms, budget, caplog
):
    budget(texts_new_per_day=1)
    with caplog.at_level(logging.ERROR):
        assert (await request_code(await newcomer("day1@limits.example"), "07700900521")).status_code == 303
        tab = await newcomer("day2@limits.example")
        for _ in range(2):
            response = await request_code(tab, "07700900522")
    assert response.status_code == 429
    tomorrow = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)
    seconds = (tomorrow - datetime.now(UTC)).total_seconds()
    assert seconds - 5 <= int(response.headers["Retry-After"]) <= seconds + 65
    assert [record.message for record in caplog.records if "budget" in record.message] == [
        "the day's budget of SMS is used up: 1 of new"
    ]
    assert "900521" not in caplog.text


async def test_a_budget_holds_for_concurrent_requests(app, client, database, budget):
    budget(texts_new_per_day=3)
    requests = [
        count_sent(app, database, [f"+447400{index:03}789"], f"203.0.113.{index}") for index in range(8)
    ]
    assert sum(await asyncio.gather(*requests)) == 3


async def test_a_budget_used_up_by_strangers_stops_nobody_signing_in(
    newcomer, sent_sms, budget, browser, sent_emails, database
):
    address, number = "in@limits.example", "+447700900531"
    tab = await newcomer(address)
    await tab.post(TEXT, phone=number)
    await tab.post(f"{TEXT}/code", code=await code_to(sent_sms, number))
    budget(texts_new_per_day=0)
    for index in range(limits.SMS_TO_NUMBER.most):
        await request_code(await newcomer(f"pest{index}@limits.example"), number)
    second_tab = browser()
    await second_tab.post("/identity/sign-in", email=address)
    emails = await sent_emails(address)
    code = [email.personalisation["code"] for email in emails if "code" in email.personalisation]
    await second_tab.post("/identity/sign-in/code", code=code[-1])
    assert (await second_tab.post("/identity/sign-in/text")).status_code == 303
    response = await second_tab.post("/identity/sign-in/text/code", code=await code_to(sent_sms, number))
    assert response.headers["location"] == ACCOUNT


async def test_a_thief_of_the_mailbox_locks_no_known_browser_out(newcomer, sent_sms, browser, sent_emails):
    address, number = "known@limits.example", "+447700900532"
    mine = await newcomer(address)
    await mine.post(TEXT, phone=number)
    await mine.post(f"{TEXT}/code", code=await code_to(sent_sms, number))

    async def take_first_step(tab):
        await tab.post("/identity/sign-in", email=address)
        codes = [
            email.personalisation["code"]
            for email in await sent_emails(address)
            if "code" in email.personalisation
        ]
        await tab.post("/identity/sign-in/code", code=codes[-1])

    thief = browser()
    await take_first_step(thief)
    statuses = [(await thief.post("/identity/sign-in/text")).status_code for _ in range(6)]
    assert statuses[-1] == 429
    await mine.post("/identity/sign-out")
    await take_first_step(mine)
    assert (await mine.post("/identity/sign-in/text")).status_code == 303


async def test_other_countries_have_a_budget_of_their_own(newcomer, sent_sms, budget):
    budget(texts_abroad_per_day=1)
    assert (await request_code(await newcomer("fr1@limits.example"), "+33612345678")).status_code == 303
    tab = await newcomer("fr2@limits.example")
    assert (await request_code(tab, "+33612345679")).status_code == 429
    assert (await request_code(tab, "07700900541")).status_code == 303
    budget(texts_abroad_per_day=0)
    response = await request_code(tab, "+33612345670")
    assert response.status_code == 400
    assert "We cannot send texts to other countries" in response.text


async def test_an_sms_may_be_sent_again_after_the_time_that_was_shown(newcomer, sent_sms, database):
    tab = await newcomer("again@limits.example")
    for last in range(5):
        await request_code(tab, f"0770090055{last}")
    assert (await request_code(tab, "07700900559")).status_code == 429
    async with database.writing() as session:
        for row in await session.all(select(attempt)):
            earlier = [time - timedelta(seconds=900) for time in row.times]
            await session.execute(update(attempt).where(attempt.c.key == row.key).values(times=earlier))
    assert (await request_code(tab, "07700900559")).status_code == 303


async def test_counts_of_sms_are_purged_after_a_month(newcomer, sent_sms, database, purge):
    await add_phone(await newcomer("purge@limits.example"), sent_sms, "+447700900561")
    async with database.writing() as session:
        old = datetime.now(UTC).date() - timedelta(days=32)
        await session.execute(sms_count.insert(), {"day": old, "kind": "new", "sent": 7})
    await purge()
    async with database.reading() as session:
        rows = await session.all(select(sms_count))
    assert [(row.kind, row.sent) for row in rows] == [("new", 1)]


async def test_there_are_no_pages_of_phones_where_no_sms_are_sent(service, database_url, settings):
    app = create_app(service, settings.model_copy(update={"texts": "none"}))
    async with running(app) as client:
        for path in (PHONE, f"{PHONE}/code", TEXT):
            assert (await client.get(path)).status_code == 404
