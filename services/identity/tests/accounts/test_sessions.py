"""Sessions in browsers: their cookie, their end, and who may end them."""

import hashlib

import httpx
import pytest
from sqlalchemy import text

from chassis import ids
from chassis.app import create_app
from chassis.testing import published, running
from identity.app import service as identity_service

AGE = "UPDATE browser_session SET {column} = {column} - interval '{by}' WHERE account = :who"


async def age(database, account, column, by):
    async with database.writing() as session:
        await session.execute(text(AGE.format(column=column, by=by)), {"who": account})


async def is_signed_in(tab):
    response = await tab.get("/identity/account")
    return response.status_code == 200


async def reasons_of_end(database, account):
    account_id = ids.show(account)
    events = await published(database)
    return [
        event.data["reason"]
        for event in events
        if event.type == "identity.session.ended.v1" and event.data["account"] == account_id
    ]


async def test_the_cookie_is_for_this_host_and_hidden_from_scripts(browser, sent_emails):
    tab = browser()
    await tab.post("/identity/register", email="cookie@example.org")
    code = (await sent_emails("cookie@example.org"))[-1].personalisation["code"]
    response = await tab.post("/identity/register/code", code=code)
    [cookie] = [
        cookie for cookie in response.headers.get_list("set-cookie") if cookie.startswith("townhall-session=")
    ]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts == {"httponly", "path=/", "samesite=lax"}
    assert len(tab.session) == 43


async def test_over_https_the_cookie_is_secure_and_bound_to_the_host(settings):
    safe = settings.model_copy(update={"issuer": "https://account.example.org/identity/"})
    async with running(create_app(identity_service, safe)) as client:
        page = await client.get("/identity/sign-in")
        cookies = page.headers.get_list("set-cookie")
        assert cookies
        assert all(cookie.startswith("__Host-") and "; Secure" in cookie for cookie in cookies)


async def test_the_secret_of_a_session_is_stored_as_a_hash(newcomer, database):
    tab = await newcomer("secret@example.org")
    async with database.reading() as session:
        hashes = await session.all(text("SELECT secret_hash FROM browser_session"))
    assert hashlib.sha256(tab.session.encode()).digest() in {row.secret_hash for row in hashes}


async def test_a_planted_secret_is_replaced_at_sign_in(browser, signed_in_again, newcomer):
    await newcomer("fixed@example.org")
    tab = browser()
    tab.client.cookies.set("townhall-session", "a" * 43, domain="test.invalid")
    await signed_in_again("fixed@example.org", tab)
    secrets = {cookie.value for cookie in tab.client.cookies.jar if cookie.name == "townhall-session"}
    assert secrets - {"a" * 43}
    thief = httpx.AsyncClient(transport=tab.client._transport, base_url="http://test.invalid")
    assert (
        await thief.get("/identity/account", headers={"cookie": f"townhall-session={'a' * 43}"})
    ).status_code == 303


async def test_signing_in_again_gives_the_same_session_a_new_secret(
    newcomer, signed_in_again, account_of, database
):
    tab = await newcomer("twice@example.org")
    before = tab.session
    await signed_in_again("twice@example.org", tab)
    assert tab.session != before
    stale = httpx.AsyncClient(transport=tab.client._transport, base_url="http://test.invalid")
    response = await stale.get("/identity/account", headers={"cookie": f"townhall-session={before}"})
    assert response.status_code == 303
    account = await account_of("twice@example.org")
    async with database.reading() as session:
        rows = await session.all(
            text("SELECT id FROM browser_session WHERE account = :who"), {"who": account}
        )
    assert len(rows) == 1


async def test_signing_in_as_somebody_else_ends_the_session_before(
    newcomer, account_of, database, signed_in_again
):
    tab = await newcomer("first@example.org")
    await newcomer("second@example.org")
    await signed_in_again("second@example.org", tab)
    assert "second@example.org" in (await tab.get("/identity/account")).text
    assert await reasons_of_end(database, await account_of("first@example.org")) == ["signed-out"]


@pytest.mark.parametrize(("column", "by"), [("seen_at", "31 minutes"), ("expires_at", "12 hours")])
async def test_a_session_ends_when_it_is_idle_or_old(newcomer, account_of, database, purge, column, by):
    address = f"{column.replace('_', '-')}@example.org"
    tab = await newcomer(address)
    account = await account_of(address)
    await age(database, account, "seen_at", "29 minutes")
    assert await is_signed_in(tab)
    await age(database, account, column, by)
    assert not await is_signed_in(tab)
    await purge()
    assert await reasons_of_end(database, account) == ["expired"]
    await purge()
    assert await reasons_of_end(database, account) == ["expired"]


async def test_a_person_sees_and_ends_sessions_elsewhere(
    newcomer, browser, signed_in_again, account_of, database
):
    desktop = await newcomer("list@example.org")
    phone = browser(agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Mobile Safari/604.1")
    await signed_in_again("list@example.org", phone)
    page = (await desktop.get("/identity/account/sessions")).text
    assert "Safari iPhone" in page
    assert "Firefox Linux (this one)" in page
    path = page.split('action="/identity/account/sessions/')[1].split('"')[0]
    response = await desktop.post(f"/identity/account/sessions/{path}")
    assert response.headers["location"] == "/identity/account/sessions"
    assert not await is_signed_in(phone)
    assert await is_signed_in(desktop)
    assert await reasons_of_end(database, await account_of("list@example.org")) == ["ended-by-person"]


async def test_nobody_can_end_the_session_of_another_person(newcomer, account_of, database):
    mine, theirs = await newcomer("mine@example.org"), await newcomer("theirs@example.org")
    async with database.reading() as session:
        target = await session.scalar(
            text("SELECT id FROM browser_session WHERE account = :who"),
            {"who": await account_of("theirs@example.org")},
        )
    await mine.post(f"/identity/account/sessions/{ids.show(target)}/end")
    assert await is_signed_in(theirs)


async def test_all_other_sessions_can_be_ended_at_once(newcomer, signed_in_again):
    current = await newcomer("all@example.org")
    other_sessions = [await signed_in_again("all@example.org") for _ in range(2)]
    await current.post("/identity/account/sessions/end")
    assert await is_signed_in(current)
    assert [await is_signed_in(tab) for tab in other_sessions] == [False, False]


async def test_signing_out_ends_the_session_and_deletes_the_cookie(newcomer, account_of, database):
    tab = await newcomer("out@example.org")
    secret = tab.session
    response = await tab.post("/identity/sign-out")
    assert response.status_code == 200
    assert tab.session is None
    again = httpx.AsyncClient(transport=tab.client._transport, base_url="http://test.invalid")
    assert (
        await again.get("/identity/account", headers={"cookie": f"townhall-session={secret}"})
    ).status_code == 303
    assert await reasons_of_end(database, await account_of("out@example.org")) == ["signed-out"]


async def test_forms_of_other_sites_are_refused(newcomer):
    tab = await newcomer("csrf@example.org")
    for data, headers in (({"a": "b"}, {}), ({"csrf": "x" * 43}, {})):
        response = await tab.client.post("/identity/sign-out", data=data, headers=headers)
        assert response.status_code == 403
    page = await tab.get("/identity/register")
    token = page.text.split('name="csrf" value="')[1].split('"')[0]
    for foreign in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        response = await tab.client.post("/identity/sign-out", data={"csrf": token}, headers=foreign)
        assert response.status_code == 403
    assert await is_signed_in(tab)
