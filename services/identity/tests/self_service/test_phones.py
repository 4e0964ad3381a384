"""The phone number of an account: added, changed and removed with codes to the new and the old number."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from chassis.testing import published
from identity.accounts.tables import account_phone, browser_session
from identity.verification.tables import one_time_code
from services.identity.tests.phones import (
    ACCOUNT,
    PHONE,
    add_phone,
    code_to,
    reset_limits,
    sent_sms,
    settings,
)

__all__ = ["reset_limits", "sent_sms", "settings"]

FIRST, OTHER = "+447700900111", "+447700900222"


@pytest.fixture
def number_of(database, account_of):
    async def get_number(address):
        async with database.reading() as session:
            phone = await session.first(
                text("SELECT number FROM account_phone WHERE account = :who"),
                {"who": await account_of(address)},
            )
        return phone.number if phone is not None else None

    return get_number


async def enter_new_number(tab, sent_sms, number):
    """Enter a new number, and the code sent to it."""
    response = await tab.post(PHONE, phone=number)
    assert response.headers["location"] == f"{PHONE}/code", response.text
    return await tab.post(f"{PHONE}/code", code=await code_to(sent_sms, number))


async def test_a_number_is_added_with_the_code_sent_to_it(
    newcomer, sent_sms, number_of, sent_emails, database
):
    tab = await newcomer("gwen@phones.example")
    assert (await tab.post(PHONE, phone="07700 900 111")).headers["location"] == f"{PHONE}/code"
    assert await number_of("gwen@phones.example") is None
    assert "07700 900111" in (await tab.get(f"{PHONE}/code")).text
    [sms] = await sent_sms(FIRST)
    assert (sms.channel, sms.template, sms.language) == ("sms", "phone-code", "en")
    response = await tab.post(f"{PHONE}/code", code=await code_to(sent_sms, FIRST))
    assert response.headers["location"] == ACCOUNT
    assert await number_of("gwen@phones.example") == FIRST
    assert "07700 900111" in (await tab.get(ACCOUNT)).text
    assert (await sent_emails("gwen@phones.example"))[-1].template == "changed-phone-added"
    events = [event for event in await published(database) if event.type == "identity.account.changed.v1"]
    assert events[-1].data["changed"] == ["phone"]
    assert "900111" not in str(events[-1].data)


async def test_a_wrong_code_adds_nothing_and_five_use_up_the_right_one(newcomer, sent_sms, number_of):
    tab = await newcomer("wrong@phones.example")
    await tab.post(PHONE, phone="07700 900333")
    right = await code_to(sent_sms, "+447700900333")
    for _ in range(5):
        response = await tab.post(f"{PHONE}/code", code="000000" if right != "000000" else "111111")
        assert response.status_code == 400
    assert (await tab.post(f"{PHONE}/code", code=right)).status_code == 400
    assert await number_of("wrong@phones.example") is None


async def test_a_code_works_only_in_the_browser_and_account_that_asked_for_it(
    newcomer, sent_sms, number_of, signed_in_again
):
    tab = await newcomer("one@phones.example")
    await newcomer("two@phones.example")
    await tab.post(PHONE, phone="07700 900334")
    code = await code_to(sent_sms, "+447700900334")
    other_browser = await signed_in_again("one@phones.example")
    assert (await other_browser.post(f"{PHONE}/code", code=code)).status_code == 303
    assert await number_of("one@phones.example") is None
    await signed_in_again("two@phones.example", tab)
    await tab.post(f"{PHONE}/code", code=code)
    assert await number_of("two@phones.example") is None


async def test_another_account_in_the_same_browser_sees_no_number_or_address(
    newcomer, sent_sms, signed_in_again
):
    tab = await newcomer("library@phones.example")
    await add_phone(tab, sent_sms, "+447700900336")
    await tab.post(f"{PHONE}/remove")
    await tab.post(PHONE, phone="07700 900337")
    await tab.post(f"{ACCOUNT}/email", email="secret@phones.example")
    await newcomer("next@phones.example")
    await signed_in_again("next@phones.example", tab)
    for path in (f"{PHONE}/code", f"{PHONE}/before", f"{ACCOUNT}/email/code"):
        response = await tab.get(path)
        assert response.status_code == 303, path
        assert "90033" not in response.text
    before = len(await sent_sms("+447700900336"))
    assert (await tab.post(f"{PHONE}/before/again")).headers["location"] == PHONE
    assert len(await sent_sms("+447700900336")) == before


async def test_a_code_expires_after_ten_minutes(newcomer, sent_sms, number_of, database):
    tab = await newcomer("late@phones.example")
    await tab.post(PHONE, phone="07700 900335")
    async with database.writing() as session:
        await session.execute(update(one_time_code).values(expires_at=text("now() - interval '1 second'")))
    response = await tab.post(f"{PHONE}/code", code=await code_to(sent_sms, "+447700900335"))
    assert response.headers["location"] == PHONE
    assert await number_of("late@phones.example") is None


async def test_a_change_takes_codes_to_both_numbers_and_notifies_the_old(
    newcomer, sent_sms, number_of, sent_emails
):
    tab = await newcomer("both@phones.example")
    await add_phone(tab, sent_sms, FIRST)
    response = await enter_new_number(tab, sent_sms, OTHER)
    assert response.headers["location"] == f"{PHONE}/before"
    assert await number_of("both@phones.example") == FIRST
    page = (await tab.get(f"{PHONE}/before")).text
    assert "07700 900111" in page
    assert "/identity/account/passkeys" in page
    wrong = await tab.post(f"{PHONE}/before", code=await code_to(sent_sms, OTHER))
    assert wrong.status_code == 400
    response = await tab.post(f"{PHONE}/before", code=await code_to(sent_sms, FIRST))
    assert response.headers["location"] == ACCOUNT
    assert await number_of("both@phones.example") == OTHER
    assert (await sent_sms(FIRST))[-1].template == "phone-gone"
    assert (await sent_emails("both@phones.example"))[-1].template == "changed-phone-changed"


async def test_the_old_numbers_code_alone_changes_nothing(newcomer, sent_sms, number_of):
    tab = await newcomer("alone@phones.example")
    await add_phone(tab, sent_sms, "+447700900341")
    await tab.post(PHONE, phone="07700 900342")
    for code in ("000000", await code_to(sent_sms, "+447700900341")):
        await tab.post(f"{PHONE}/before", code=code)
    assert await number_of("alone@phones.example") == "+447700900341"


async def test_two_factors_replace_the_code_to_a_lost_old_number(
    newcomer, sent_sms, number_of, database, account_of
):
    tab = await newcomer("lost@phones.example")
    await add_phone(tab, sent_sms, "+447700900343")
    async with database.writing() as session:
        mine = browser_session.c.account == await account_of("lost@phones.example")
        await session.execute(update(browser_session).where(mine).values(methods=["email", "totp"]))
    response = await enter_new_number(tab, sent_sms, "+447700900344")
    assert response.headers["location"] == ACCOUNT
    assert await number_of("lost@phones.example") == "+447700900344"
    assert (await sent_sms("+447700900343"))[-1].template == "phone-gone"


async def test_two_factors_of_an_old_sign_in_change_no_number(newcomer, sent_sms, database, account_of):
    tab = await newcomer("stale@phones.example")
    async with database.writing() as session:
        mine = browser_session.c.account == await account_of("stale@phones.example")
        await session.execute(
            update(browser_session)
            .where(mine)
            .values(
                methods=["email", "totp"],
                own_at=browser_session.c.own_at - timedelta(minutes=11),
            )
        )
    response = await tab.post(PHONE, phone="07700 900345")
    assert (response.status_code, response.headers["location"]) == (303, "/identity/sign-in?then=phone")
    assert await sent_sms("+447700900345") == []


async def test_a_pending_change_is_void_when_the_old_number_has_changed(
    newcomer, sent_sms, number_of, database, account_of
):
    tab = await newcomer("race@phones.example")
    await add_phone(tab, sent_sms, "+447700900346")
    await enter_new_number(tab, sent_sms, "+447700900347")
    async with database.writing() as session:
        mine = account_phone.c.account == await account_of("race@phones.example")
        await session.execute(update(account_phone).where(mine).values(number="+447700900348"))
    response = await tab.post(f"{PHONE}/before", code=await code_to(sent_sms, "+447700900346"))
    assert response.status_code == 303
    assert await number_of("race@phones.example") == "+447700900348"


async def test_a_number_is_removed_with_a_code_to_it_and_notified(newcomer, sent_sms, number_of, sent_emails):
    tab = await newcomer("away@phones.example")
    await add_phone(tab, sent_sms, "+447700900350")
    response = await tab.post(f"{PHONE}/remove")
    assert response.headers["location"] == f"{PHONE}/before"
    assert await number_of("away@phones.example") == "+447700900350"
    await tab.post(f"{PHONE}/before/again")
    response = await tab.post(f"{PHONE}/before", code=await code_to(sent_sms, "+447700900350"))
    assert response.headers["location"] == ACCOUNT
    assert await number_of("away@phones.example") is None
    assert (await sent_sms("+447700900350"))[-1].template == "phone-gone"
    assert (await sent_emails("away@phones.example"))[-1].template == "changed-phone-removed"


async def test_two_accounts_may_share_a_number_and_neither_can_tell(newcomer, sent_sms, number_of):
    answers = []
    for name in ("first", "second"):
        tab = await newcomer(f"{name}@household.example")
        answers.append(await tab.post(PHONE, phone="07700 900355"))
        page = await tab.get(f"{PHONE}/code")
        answers.append(await tab.post(f"{PHONE}/code", code=await code_to(sent_sms, "+447700900355")))
        answers.append(re.sub('(value|nonce)="[^"]+"', "", page.text))
        assert await number_of(f"{name}@household.example") == "+447700900355"
    assert [
        (response.status_code, response.headers["location"]) for response in (answers[0], answers[1])
    ] == [(response.status_code, response.headers["location"]) for response in (answers[3], answers[4])]
    assert answers[2] == answers[5]
    assert {sms.template for sms in await sent_sms("+447700900355")} == {"phone-code"}


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Enter your mobile phone number"),
        ("0901 234 5678", "costs too much"),
        ("01225 477000", "cannot be sent text messages"),
        ("12345", "Enter a mobile phone number, like"),
        ("07700 900360", "This is your phone number already"),
    ],
)
async def test_a_refused_number_gets_a_clear_error(newcomer, sent_sms, typed, error):
    tab = await newcomer(f"no-{len(error)}-{error[-3:]}@phones.example")
    if "already" in error:
        await add_phone(tab, sent_sms, "+447700900360")
    response = await tab.post(PHONE, phone=typed)
    assert response.status_code == 400
    assert error in response.text


async def test_a_closed_account_leaves_no_number(newcomer, sent_sms, database, account_of):
    tab = await newcomer("closing@phones.example")
    await add_phone(tab, sent_sms, "+447700900365")
    await tab.post(PHONE, phone="07700 900366")
    assert (await tab.post(f"{ACCOUNT}/close", sure="yes")).status_code == 200
    async with database.writing("*") as session:
        await session.execute(text("DELETE FROM message"))
        names = await session.all(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        for name in names:
            query = text(f"SELECT count(*) FROM {name.tablename} AS whole WHERE whole::text ~ '90036[56]'")
            assert await session.scalar(query) == 0, name.tablename


async def test_the_history_shows_changes_of_the_phone(newcomer, sent_sms, database, account_of):
    tab = await newcomer("history@phones.example")
    await add_phone(tab, sent_sms, "+447700900367")
    async with database.reading() as session:
        rows = await session.all(
            text("SELECT what FROM account_history WHERE account = :who ORDER BY id"),
            {"who": await account_of("history@phones.example")},
        )
    assert rows[-1].what == "phone added"
