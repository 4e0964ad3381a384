"""What works once works once even when it is sent several times at the same moment."""

import asyncio
import re

import pyotp
from sqlalchemy import text

ACCOUNT = "/identity/account"


async def token_of(tab):
    page = await tab.get("/identity/register")
    return re.search(r'name="csrf" value="([^"]+)"', page.text)[1]


async def post_at_once(tab, path, times, **form):
    """Post the same form several times at once: the location of each answer, or its status."""
    data = {"csrf": await token_of(tab), **form}
    responses = await asyncio.gather(*(tab.client.post(path, data=data) for _ in range(times)))
    return [response.headers.get("location", response.status_code) for response in responses]


async def last_code(sent_emails, address):
    codes = [
        email.personalisation["code"]
        for email in await sent_emails(address)
        if "code" in email.personalisation
    ]
    return codes[-1]


async def test_a_code_entered_several_times_at_once_opens_one_session(
    newcomer, browser, sent_emails, account_of, database
):
    await newcomer("race-code@example.org")
    tab = browser()
    await tab.post("/identity/sign-in", email="race-code@example.org")
    code = await last_code(sent_emails, "race-code@example.org")
    locations = await post_at_once(tab, "/identity/sign-in/code", 4, code=code)
    assert locations.count(ACCOUNT) == 1, locations


async def test_an_account_is_created_once(browser, sent_emails, database):
    tabs = [browser() for _ in range(3)]
    codes = []
    for tab in tabs:
        await tab.post("/identity/register", email="race-open@example.org")
        codes.append(await last_code(sent_emails, "race-open@example.org"))
    tokens = [await token_of(tab) for tab in tabs]
    responses = await asyncio.gather(
        *(
            tab.client.post("/identity/register/code", data={"csrf": token, "code": code})
            for tab, token, code in zip(tabs, tokens, codes, strict=True)
        )
    )
    assert sorted(response.status_code for response in responses) == [303, 303, 303]
    async with database.reading() as session:
        accounts = await session.all(
            text("SELECT account FROM account_email WHERE canonical = 'race-open@example.org'")
        )
        created = await session.scalar(text("SELECT count(*) FROM account"))
        emails = await session.scalar(text("SELECT count(*) FROM account_email"))
    assert len(accounts) == 1
    assert created == emails
    assert sum(1 for response in responses if response.headers["location"] == ACCOUNT) == 1


async def test_a_recovery_code_entered_twice_at_once_works_once(newcomer, browser, sent_emails):
    tab = await newcomer("race-app@example.org")
    page = (await tab.get(f"{ACCOUNT}/authenticator")).text
    app = pyotp.TOTP(re.search(r'townhall-key">([A-Z2-7 ]+)<', page)[1].replace(" ", ""))
    response = await tab.post(f"{ACCOUNT}/authenticator", code=app.now())
    recovery = re.findall(r"<li>([0-9a-z]{5}-[0-9a-z]{5})</li>", response.text)[0]
    tabs = [browser() for _ in range(2)]
    for tab in tabs:
        await tab.post("/identity/sign-in", email="race-app@example.org")
        await tab.post("/identity/sign-in/code", code=await last_code(sent_emails, "race-app@example.org"))
    tokens = [await token_of(tab) for tab in tabs]
    responses = await asyncio.gather(
        *(
            tab.client.post("/identity/sign-in/recovery", data={"csrf": token, "code": recovery})
            for tab, token in zip(tabs, tokens, strict=True)
        )
    )
    assert sorted(response.status_code for response in responses) == [303, 400]


async def test_attempts_sent_at_once_are_all_counted(newcomer, browser, sent_emails):
    await newcomer("race-tries@example.org")
    tab = browser()
    await tab.post("/identity/sign-in", email="race-tries@example.org")
    code = await last_code(sent_emails, "race-tries@example.org")
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert await post_at_once(tab, "/identity/sign-in/code", 8, code=wrong) == [400] * 8
    assert await post_at_once(tab, "/identity/sign-in/code", 1, code=code) == [400]


async def test_codes_requested_at_once_are_all_counted(browser):
    tabs = [browser() for _ in range(9)]
    tokens = [await token_of(tab) for tab in tabs]
    responses = await asyncio.gather(
        *(
            tab.client.post("/identity/sign-in", data={"csrf": token, "email": "race-flood@example.org"})
            for tab, token in zip(tabs, tokens, strict=True)
        )
    )
    assert sorted(response.status_code for response in responses) == [303] * 6 + [429] * 3
