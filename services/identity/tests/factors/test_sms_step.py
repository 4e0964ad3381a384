"""Codes by text message as the second step: chosen in the account, and never enough alone."""

import re

import pyotp
import pytest
from sqlalchemy import text, update

from identity.accounts.tables import account_phone
from services.identity.tests.factors.test_authenticators import set_up as set_up_app
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
from services.identity.tests.sign_in.test_interactions import wants

__all__ = ["settings", "texts", "uncounted", "wants"]

STEP = "/identity/sign-in/text"


async def choose(tab, texts, number):
    """Have texts as the second step: the recovery codes, if any were made."""
    answer = await tab.post(TEXT, phone=number)
    assert answer.headers["location"].startswith(f"{TEXT}/code"), answer.text
    answer = await tab.post(f"{TEXT}/code", code=await code_to(texts, number))
    assert answer.status_code in {200, 303}, answer.text
    return re.findall(r"<li>([0-9a-z]{5}-[0-9a-z]{5})</li>", answer.text)


async def first_step(tab, letters, address):
    await tab.post("/identity/sign-in", email=address)
    code = [one.personalisation["code"] for one in await letters(address) if "code" in one.personalisation][
        -1
    ]
    answer = await tab.post("/identity/sign-in/code", code=code)
    assert answer.headers["location"] == "/identity/sign-in/second-step"
    assert tab.session is None


async def through_text(tab, texts, number):
    """The second step by text."""
    assert (await tab.get("/identity/sign-in/second-step")).headers["location"] == STEP
    assert (await tab.post(STEP)).headers["location"] == f"{STEP}/code"
    return await tab.post(f"{STEP}/code", code=await code_to(texts, number))


async def methods_of(database, tab_account):
    async with database.reading() as session:
        query = text(
            "SELECT methods FROM browser_session WHERE account = :who ORDER BY authenticated_at DESC"
        )
        return await session.scalar(query, {"who": tab_account})


async def test_who_chose_texts_needs_one_besides_the_code_from_the_letter(
    newcomer, browser, letters, texts, database, account_of
):
    mine = await newcomer("texts@step.example")
    recovery = await choose(mine, texts, "+447700900401")
    assert len(set(recovery)) == 10
    account = await account_of("texts@step.example")
    assert await methods_of(database, account) == ["email", "text"]
    kinds = [one.template for one in await letters("texts@step.example")][-2:]
    assert kinds == ["changed-phone-added", "changed-texts-set-up"]
    tab = browser()
    await first_step(tab, letters, "texts@step.example")
    before = len(await texts("+447700900401"))
    page = (await tab.get(STEP)).text
    assert "ending in 401" in page
    assert "900401" not in page
    assert len(await texts("+447700900401")) == before
    answer = await through_text(tab, texts, "+447700900401")
    assert answer.headers["location"] == ACCOUNT
    assert (await tab.get(ACCOUNT)).status_code == 200
    assert await methods_of(database, account) == ["email", "text"]


async def test_a_text_alone_opens_nothing_and_none_is_sent_without_the_first_step(newcomer, browser, texts):
    await choose(await newcomer("alone@step.example"), texts, "+447700900402")
    code, before = await code_to(texts, "+447700900402"), len(await texts("+447700900402"))
    tab = browser()
    for path, form in ((STEP, {}), (f"{STEP}/code", {"code": code})):
        answer = await tab.post(path, **form)
        assert answer.status_code == 303
        answer = await tab.get(answer.headers["location"])
        assert answer.status_code in {200, 303}
    assert tab.session is None
    assert len(await texts("+447700900402")) == before


async def test_who_has_the_number_now_but_not_the_mail_gets_in_nowhere(newcomer, browser, letters, texts):
    """Numbers are given to others in time: whoever registers with one has an account of his own."""
    await choose(await newcomer("before@step.example"), texts, "+447700900403")
    stranger = await newcomer("after@step.example")
    await add_phone(stranger, texts, "+447700900403")
    page = (await stranger.get(ACCOUNT)).text
    assert "after@step.example" in page
    assert "before@step.example" not in page


async def test_a_code_works_once_and_only_for_the_account_it_was_sent_for(newcomer, browser, letters, texts):
    for who in ("one", "two"):
        await choose(await newcomer(f"{who}@once.example"), texts, "+447700900404")
    tab = browser()
    await first_step(tab, letters, "one@once.example")
    await tab.post(STEP)
    code = await code_to(texts, "+447700900404")
    await first_step(tab, letters, "two@once.example")
    assert (await tab.post(f"{STEP}/code", code=code)).headers["location"] == STEP
    assert tab.session is None
    answer = await through_text(tab, texts, "+447700900404")
    assert answer.headers["location"] == ACCOUNT
    again = browser()
    await first_step(again, letters, "two@once.example")
    await again.post(STEP)
    answer = await again.post(f"{STEP}/code", code=code)
    assert answer.status_code == 400
    assert again.session is None


async def test_a_code_to_a_number_that_was_changed_meanwhile_opens_nothing(
    newcomer, browser, letters, texts, database, account_of
):
    await choose(await newcomer("moved@step.example"), texts, "+447700900405")
    tab = browser()
    await first_step(tab, letters, "moved@step.example")
    await tab.post(STEP)
    async with database.writing() as session:
        mine = account_phone.c.account == await account_of("moved@step.example")
        await session.execute(update(account_phone).where(mine).values(number="+447700900406"))
    answer = await tab.post(f"{STEP}/code", code=await code_to(texts, "+447700900405"))
    assert answer.headers["location"] == STEP
    assert tab.session is None


async def test_wrong_codes_are_told_and_run_out(newcomer, browser, letters, texts):
    await choose(await newcomer("guess@step.example"), texts, "+447700900407")
    tab = browser()
    await first_step(tab, letters, "guess@step.example")
    await tab.post(STEP)
    right = await code_to(texts, "+447700900407")
    statuses = [(await tab.post(f"{STEP}/code", code="12")).status_code for _ in range(5)]
    assert statuses == [400] * 5
    assert (await tab.post(f"{STEP}/code", code=right)).status_code == 400
    for _ in range(4):
        await tab.post(f"{STEP}/code", code="12")
    assert (await tab.post(f"{STEP}/code", code="12")).status_code == 429
    assert tab.session is None


async def test_a_recovery_code_opens_in_place_of_a_text_once(newcomer, browser, letters, texts):
    recovery = await choose(await newcomer("recover@step.example"), texts, "+447700900408")
    for expected in (303, 400):
        tab = browser()
        await first_step(tab, letters, "recover@step.example")
        assert "Use the code from my app" not in (await tab.get("/identity/sign-in/recovery")).text
        assert (await tab.post("/identity/sign-in/recovery", code=recovery[0])).status_code == expected


async def test_the_app_is_asked_first_and_leads_to_the_text(newcomer, browser, letters, texts):
    mine = await newcomer("two@step.example")
    app, _ = await set_up_app(mine)
    assert await choose(mine, texts, "+447700900409") == []  # the app's recovery codes serve
    tab = browser()
    await first_step(tab, letters, "two@step.example")
    page = await tab.get("/identity/sign-in/second-step")
    assert page.status_code == 200
    assert 'href="/identity/sign-in/text"' in page.text
    assert (await tab.post(STEP)).headers["location"] == f"{STEP}/code"
    answer = await tab.post(f"{STEP}/code", code=await code_to(texts, "+447700900409"))
    assert answer.headers["location"] == ACCOUNT
    assert isinstance(pyotp.TOTP(app.secret).now(), str)


async def left(tab):
    found = re.search(r"Recovery codes left\s*</dt>\s*<dd[^>]*>\s*(\d+)", (await tab.get(ACCOUNT)).text)
    return int(found[1]) if found else None


async def test_recovery_codes_last_as_long_as_one_second_step(newcomer, texts):
    tab = await newcomer("last@step.example")
    await set_up_app(tab)
    await choose(tab, texts, "+447700900410")
    await tab.post(f"{ACCOUNT}/authenticator/remove")
    assert await left(tab) == 10
    await tab.post(f"{TEXT}/remove")
    assert await left(tab) is None


async def test_without_texts_the_first_step_is_enough_again_and_the_person_told(
    newcomer, letters, texts, signed_in_again
):
    tab = await newcomer("off@step.example")
    await choose(tab, texts, "+447700900411")
    assert (await tab.post(f"{TEXT}/remove")).headers["location"] == ACCOUNT
    assert (await letters("off@step.example"))[-1].template == "changed-texts-removed"
    other = await signed_in_again("off@step.example")
    assert other.session is not None


async def test_removing_the_number_ends_signing_in_by_it(newcomer, letters, texts, signed_in_again):
    tab = await newcomer("gone@step.example")
    await choose(tab, texts, "+447700900412")
    assert (await tab.post(f"{PHONE}/remove")).headers["location"] == ACCOUNT
    kinds = [one.template for one in await letters("gone@step.example")][-2:]
    assert kinds == ["changed-texts-removed", "changed-phone-removed"]
    assert (await signed_in_again("gone@step.example")).session is not None


async def test_another_number_takes_over_the_second_step(newcomer, browser, letters, texts):
    tab = await newcomer("over@step.example")
    await choose(tab, texts, "+447700900413")
    await add_phone(tab, texts, "+447700900414")
    other = browser()
    await first_step(other, letters, "over@step.example")
    assert (await through_text(other, texts, "+447700900414")).headers["location"] == ACCOUNT


@pytest.mark.parametrize("path", [f"{TEXT}/remove", TEXT])
async def test_a_session_of_one_factor_changes_no_second_step(
    newcomer, signed_in_again, texts, path, database, account_of
):
    address = f"older{len(path)}@step.example"
    mine = await newcomer(address)
    older = await signed_in_again(address)
    await choose(mine, texts, "+447700900415")
    answer = await older.post(path)
    assert answer.headers["location"] == "/identity/sign-in?then=text"
    async with database.reading() as session:
        query = text("SELECT second_step_since FROM account_phone WHERE account = :who")
        assert await session.scalar(query, {"who": await account_of(address)}) is not None


async def test_an_older_session_changes_the_number_only_with_a_text_to_it(newcomer, signed_in_again, texts):
    mine = await newcomer("thief@step.example")
    older = await signed_in_again("thief@step.example")
    await choose(mine, texts, "+447700900416")
    await older.post(PHONE, phone="07700 900417")
    answer = await older.post(f"{PHONE}/code", code=await code_to(texts, "+447700900417"))
    assert answer.headers["location"] == f"{PHONE}/before"
    assert (await older.post(f"{PHONE}/remove")).headers["location"] == f"{PHONE}/before"


async def test_who_has_a_phone_already_chooses_it_with_a_code_to_it(newcomer, browser, letters, texts):
    tab = await newcomer("chose@step.example")
    await add_phone(tab, texts, "+447700900418")
    assert "07700 900418" in (await tab.get(TEXT)).text
    assert len(await choose(tab, texts, "+447700900418")) == 10
    assert "Sign in without text messages" in (await tab.get(TEXT)).text


async def test_a_service_that_wants_two_factors_gets_them_by_text(newcomer, texts, wants):
    wants(level="Cl.Cm")
    tab = await newcomer("service@step.example")
    ask = "request=abcDEF_123"
    page = (await tab.get(f"{ACCOUNT}/second-step?{ask}")).text
    assert f"{TEXT}?{ask}" in page
    answer = await tab.post(f"{TEXT}?{ask}", phone="07700 900419")
    assert answer.headers["location"] == f"{TEXT}/code?{ask}"
    answer = await tab.post(f"{TEXT}/code?{ask}", code=await code_to(texts, "+447700900419"))
    assert f'href="/identity/authorize/continue?{ask}"' in answer.text
    answer = await tab.get(f"{ACCOUNT}/second-step?{ask}")
    assert answer.headers["location"] == f"/identity/authorize/continue?{ask}"
