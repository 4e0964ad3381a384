"""Codes by SMS as the second step: set up in the account, and never enough alone."""

import re

import pyotp
import pytest
from sqlalchemy import text, update

from identity.accounts.tables import account_phone
from services.identity.tests.factors.test_authenticators import set_up as set_up_app
from services.identity.tests.factors.test_authenticators import take_first_step
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
from services.identity.tests.sign_in.test_interactions import wants

__all__ = ["reset_limits", "sent_sms", "settings", "wants"]

STEP = "/identity/sign-in/text"


async def set_up(tab, sent_sms, number):
    """Make SMS the second step, and return the recovery codes, if any were made."""
    response = await tab.post(TEXT, phone=number)
    assert response.headers["location"].startswith(f"{TEXT}/code"), response.text
    response = await tab.post(f"{TEXT}/code", code=await code_to(sent_sms, number))
    assert response.status_code in {200, 303}, response.text
    return re.findall(r"<li>([0-9a-z]{5}-[0-9a-z]{5})</li>", response.text)


async def take_second_step(tab, sent_sms, number):
    """Take the second step by a code sent to a number."""
    assert (await tab.get("/identity/sign-in/second-step")).headers["location"] == STEP
    assert (await tab.post(STEP)).headers["location"] == f"{STEP}/code"
    return await tab.post(f"{STEP}/code", code=await code_to(sent_sms, number))


async def get_methods(database, account):
    async with database.reading() as session:
        query = text(
            "SELECT methods FROM browser_session WHERE account = :who ORDER BY authenticated_at DESC"
        )
        return await session.scalar(query, {"who": account})


async def test_where_sms_are_the_second_step_one_is_needed_besides_the_emailed_code(
    newcomer, browser, sent_emails, sent_sms, database, account_of
):
    mine = await newcomer("texts@step.example")
    recovery = await set_up(mine, sent_sms, "+447700900401")
    assert len(set(recovery)) == 10
    account = await account_of("texts@step.example")
    assert await get_methods(database, account) == ["email", "text"]
    templates = [email.template for email in await sent_emails("texts@step.example")][-2:]
    assert templates == ["changed-phone-added", "changed-texts-set-up"]
    tab = browser()
    await take_first_step(tab, sent_emails, "texts@step.example")
    before = len(await sent_sms("+447700900401"))
    page = (await tab.get(STEP)).text
    assert "ending in 401" in page
    assert "900401" not in page
    assert len(await sent_sms("+447700900401")) == before
    response = await take_second_step(tab, sent_sms, "+447700900401")
    assert response.headers["location"] == ACCOUNT
    assert (await tab.get(ACCOUNT)).status_code == 200
    assert await get_methods(database, account) == ["email", "text"]


async def test_an_sms_alone_signs_nobody_in_and_none_is_sent_before_the_first_step(
    newcomer, browser, sent_sms
):
    await set_up(await newcomer("alone@step.example"), sent_sms, "+447700900402")
    code, before = await code_to(sent_sms, "+447700900402"), len(await sent_sms("+447700900402"))
    tab = browser()
    for path, form in ((STEP, {}), (f"{STEP}/code", {"code": code})):
        response = await tab.post(path, **form)
        assert response.status_code == 303
        response = await tab.get(response.headers["location"])
        assert response.status_code in {200, 303}
    assert tab.session is None
    assert len(await sent_sms("+447700900402")) == before


async def test_a_number_given_to_another_person_opens_only_their_own_account(newcomer, sent_sms):
    """Networks give unused numbers to other people: one who registers with it has an account of their own."""
    await set_up(await newcomer("before@step.example"), sent_sms, "+447700900403")
    stranger = await newcomer("after@step.example")
    await add_phone(stranger, sent_sms, "+447700900403")
    page = (await stranger.get(ACCOUNT)).text
    assert "after@step.example" in page
    assert "before@step.example" not in page


async def test_a_code_works_once_and_only_for_the_account_it_was_sent_for(
    newcomer, browser, sent_emails, sent_sms
):
    for name in ("one", "two"):
        await set_up(await newcomer(f"{name}@once.example"), sent_sms, "+447700900404")
    tab = browser()
    await take_first_step(tab, sent_emails, "one@once.example")
    await tab.post(STEP)
    code = await code_to(sent_sms, "+447700900404")
    await take_first_step(tab, sent_emails, "two@once.example")
    assert (await tab.post(f"{STEP}/code", code=code)).headers["location"] == STEP
    assert tab.session is None
    response = await take_second_step(tab, sent_sms, "+447700900404")
    assert response.headers["location"] == ACCOUNT
    again = browser()
    await take_first_step(again, sent_emails, "two@once.example")
    await again.post(STEP)
    response = await again.post(f"{STEP}/code", code=code)
    assert response.status_code == 400
    assert again.session is None


async def test_a_code_to_a_number_that_was_changed_meanwhile_is_not_accepted(
    newcomer, browser, sent_emails, sent_sms, database, account_of
):
    await set_up(await newcomer("moved@step.example"), sent_sms, "+447700900405")
    tab = browser()
    await take_first_step(tab, sent_emails, "moved@step.example")
    await tab.post(STEP)
    async with database.writing() as session:
        mine = account_phone.c.account == await account_of("moved@step.example")
        await session.execute(update(account_phone).where(mine).values(number="+447700900406"))
    response = await tab.post(f"{STEP}/code", code=await code_to(sent_sms, "+447700900405"))
    assert response.headers["location"] == STEP
    assert tab.session is None


async def test_wrong_codes_are_refused_and_limited(newcomer, browser, sent_emails, sent_sms):
    await set_up(await newcomer("guess@step.example"), sent_sms, "+447700900407")
    tab = browser()
    await take_first_step(tab, sent_emails, "guess@step.example")
    await tab.post(STEP)
    right = await code_to(sent_sms, "+447700900407")
    statuses = [(await tab.post(f"{STEP}/code", code="12")).status_code for _ in range(5)]
    assert statuses == [400] * 5
    assert (await tab.post(f"{STEP}/code", code=right)).status_code == 400
    for _ in range(4):
        await tab.post(f"{STEP}/code", code="12")
    assert (await tab.post(f"{STEP}/code", code="12")).status_code == 429
    assert tab.session is None


async def test_a_recovery_code_replaces_an_sms_once(newcomer, browser, sent_emails, sent_sms):
    recovery = await set_up(await newcomer("recover@step.example"), sent_sms, "+447700900408")
    for expected in (303, 400):
        tab = browser()
        await take_first_step(tab, sent_emails, "recover@step.example")
        assert "Use the code from my app" not in (await tab.get("/identity/sign-in/recovery")).text
        assert (await tab.post("/identity/sign-in/recovery", code=recovery[0])).status_code == expected


async def test_the_app_is_asked_for_first_and_sms_are_offered_beside_it(
    newcomer, browser, sent_emails, sent_sms
):
    mine = await newcomer("two@step.example")
    app, _ = await set_up_app(mine)
    assert await set_up(mine, sent_sms, "+447700900409") == []  # the app's recovery codes serve
    tab = browser()
    await take_first_step(tab, sent_emails, "two@step.example")
    page = await tab.get("/identity/sign-in/second-step")
    assert page.status_code == 200
    assert 'href="/identity/sign-in/text"' in page.text
    assert (await tab.post(STEP)).headers["location"] == f"{STEP}/code"
    response = await tab.post(f"{STEP}/code", code=await code_to(sent_sms, "+447700900409"))
    assert response.headers["location"] == ACCOUNT
    assert isinstance(pyotp.TOTP(app.secret).now(), str)


async def count_recovery_codes(tab):
    match_ = re.search(r"Recovery codes left\s*</dt>\s*<dd[^>]*>\s*(\d+)", (await tab.get(ACCOUNT)).text)
    return int(match_[1]) if match_ else None


async def test_recovery_codes_last_as_long_as_one_second_step(newcomer, sent_sms):
    tab = await newcomer("last@step.example")
    await set_up_app(tab)
    await set_up(tab, sent_sms, "+447700900410")
    await tab.post(f"{ACCOUNT}/authenticator/remove")
    assert await count_recovery_codes(tab) == 10
    await tab.post(f"{TEXT}/remove")
    assert await count_recovery_codes(tab) is None


async def test_without_sms_the_first_step_is_enough_again_and_the_person_notified(
    newcomer, sent_emails, sent_sms, signed_in_again
):
    tab = await newcomer("off@step.example")
    await set_up(tab, sent_sms, "+447700900411")
    assert (await tab.post(f"{TEXT}/remove")).headers["location"] == ACCOUNT
    assert (await sent_emails("off@step.example"))[-1].template == "changed-texts-removed"
    second_tab = await signed_in_again("off@step.example")
    assert second_tab.session is not None


async def test_removing_the_number_disables_the_second_step(newcomer, sent_emails, sent_sms, signed_in_again):
    tab = await newcomer("gone@step.example")
    await set_up(tab, sent_sms, "+447700900412")
    assert (await tab.post(f"{PHONE}/remove")).headers["location"] == ACCOUNT
    templates = [email.template for email in await sent_emails("gone@step.example")][-2:]
    assert templates == ["changed-texts-removed", "changed-phone-removed"]
    assert (await signed_in_again("gone@step.example")).session is not None


async def test_a_changed_number_stays_the_second_step(newcomer, browser, sent_emails, sent_sms):
    tab = await newcomer("over@step.example")
    await set_up(tab, sent_sms, "+447700900413")
    await add_phone(tab, sent_sms, "+447700900414")
    second_tab = browser()
    await take_first_step(second_tab, sent_emails, "over@step.example")
    assert (await take_second_step(second_tab, sent_sms, "+447700900414")).headers["location"] == ACCOUNT


@pytest.mark.parametrize("path", [f"{TEXT}/remove", TEXT])
async def test_a_session_of_one_factor_changes_no_second_step(
    newcomer, signed_in_again, sent_sms, path, database, account_of
):
    address = f"older{len(path)}@step.example"
    mine = await newcomer(address)
    older = await signed_in_again(address)
    await set_up(mine, sent_sms, "+447700900415")
    response = await older.post(path)
    assert response.headers["location"] == "/identity/sign-in?then=text"
    async with database.reading() as session:
        query = text("SELECT second_step_since FROM account_phone WHERE account = :who")
        assert await session.scalar(query, {"who": await account_of(address)}) is not None


async def test_an_older_session_changes_the_number_only_with_a_code_to_it(
    newcomer, signed_in_again, sent_sms
):
    mine = await newcomer("thief@step.example")
    older = await signed_in_again("thief@step.example")
    await set_up(mine, sent_sms, "+447700900416")
    await older.post(PHONE, phone="07700 900417")
    response = await older.post(f"{PHONE}/code", code=await code_to(sent_sms, "+447700900417"))
    assert response.headers["location"] == f"{PHONE}/before"
    assert (await older.post(f"{PHONE}/remove")).headers["location"] == f"{PHONE}/before"


async def test_a_number_already_in_the_account_is_set_up_with_a_code_to_it(
    newcomer, browser, sent_emails, sent_sms
):
    tab = await newcomer("chose@step.example")
    await add_phone(tab, sent_sms, "+447700900418")
    assert "07700 900418" in (await tab.get(TEXT)).text
    assert len(await set_up(tab, sent_sms, "+447700900418")) == 10
    assert "Sign in without text messages" in (await tab.get(TEXT)).text


async def test_a_service_that_requires_two_factors_gets_them_by_sms(newcomer, sent_sms, wants):
    wants(level="Cl.Cm")
    tab = await newcomer("service@step.example")
    query = "request=abcDEF_123"
    page = (await tab.get(f"{ACCOUNT}/second-step?{query}")).text
    assert f"{TEXT}?{query}" in page
    response = await tab.post(f"{TEXT}?{query}", phone="07700 900419")
    assert response.headers["location"] == f"{TEXT}/code?{query}"
    response = await tab.post(f"{TEXT}/code?{query}", code=await code_to(sent_sms, "+447700900419"))
    assert f'href="/identity/authorize/continue?{query}"' in response.text
    response = await tab.get(f"{ACCOUNT}/second-step?{query}")
    assert response.headers["location"] == f"/identity/authorize/continue?{query}"
