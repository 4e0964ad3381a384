"""What other sites, other tabs and the back button can do to a person who signs in: nothing, in Chromium."""

import re
from contextlib import asynccontextmanager
from html import escape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from chassis.app import create_app
from identity.grants.store import consents
from services.identity.tests import provider
from services.identity.tests.conftest import master_key, service
from tests.browser import harness
from tests.browser.test_identity_pages import code, open_account, settings
from tests.browser.test_relying_parties import nothing

__all__ = ["code", "master_key", "service", "settings"]
SESSION, BROWSER = "townhall-session", "townhall-browser"


@pytest.fixture(scope="module")
def app(service, settings):
    return create_app(service, settings)


@pytest.fixture(scope="module")
async def site(app):
    async with harness.serving(app) as url:
        yield url.replace("127.0.0.1", "localhost")


@pytest.fixture
async def bins(database, arrival):
    return await provider.register(database, first_party=False, redirect_uris=[arrival])


@asynccontextmanager
async def evil(body):
    """Another site, with this page."""
    attacker = FastAPI()

    @attacker.get("/")
    async def page() -> HTMLResponse:
        return HTMLResponse(f"<!doctype html><title>Win a prize</title>{body}")

    async with harness.serving(attacker) as url:
        yield url  # 127.0.0.1: not the site of localhost


def form(action, **fields):
    """A form that sends itself."""
    inputs = "".join(f'<input name="{name}" value="{escape(value)}">' for name, value in fields.items())
    sending = f'<form method="post" action="{action}">{inputs}</form>'
    return f"{sending}<script>document.forms[0].submit()</script>"


async def cookies(tab):
    return {cookie["name"]: cookie for cookie in await tab.context.cookies()}


async def is_signed_in(tab, site):
    await tab.goto(f"{site}/identity/account")
    return tab.url == f"{site}/identity/account"


async def sign_in(tab, code, address):
    await tab.fill("#email", address)
    await tab.press("#email", "Enter")
    await tab.wait_for_selector("#code")
    await tab.fill("#code", await code(address))
    await tab.press("#code", "Enter")


def authorize_url(site, service, **overrides):
    return f"{site}/identity/authorize?{urlencode(service.request(**overrides))}"


def read_query(tab):
    return {name: values[0] for name, values in parse_qs(urlsplit(tab.url).query).items()}


async def test_a_planted_session_is_another_after_sign_in_and_after_every_step_up(
    site, visitor, code, browser
):
    """Session fixation: what somebody put into the browser before opens nothing afterwards."""
    tab = await visitor(**harness.PHONE)
    planted = "a" * 43
    await tab.context.add_cookies([{"name": SESSION, "value": planted, "url": site}])
    await open_account(site, tab, code, nothing, "fixed@people.example")
    secrets = [planted, (await cookies(tab))[SESSION]["value"]]
    await tab.goto(f"{site}/identity/sign-in")
    await sign_in(tab, code, "fixed@people.example")
    await tab.wait_for_url("**/identity/account")
    secrets.append((await cookies(tab))[SESSION]["value"])
    assert len(set(secrets)) == 3
    thief = await visitor(**harness.PHONE)
    for old in secrets[:-1]:
        await thief.context.add_cookies([{"name": SESSION, "value": old, "url": site}])
        assert not await is_signed_in(thief, site)
    assert await is_signed_in(tab, site)


async def test_no_script_and_no_other_site_reads_a_cookie(site, visitor, code):
    tab = await visitor(**harness.DESKTOP)
    await open_account(site, tab, code, nothing, "cookies@people.example")
    jar = await cookies(tab)
    assert {SESSION, BROWSER} <= set(jar)
    for value in jar.values():
        assert (value["httpOnly"], value["sameSite"], value["path"]) == (True, "Lax", "/"), value
        assert value["domain"] == "localhost"  # of this host alone: one with a Domain begins with a dot
    assert jar[SESSION]["expires"] == -1
    assert await tab.evaluate("document.cookie") == ""


FORGED = {
    "sign-out": {},
    "logout/confirm": {},
    "sign-in": {"email": "thief@people.example"},
    "sign-in/code": {"code": "123456"},
    "register": {"email": "thief@people.example"},
    "account/close": {"sure": "yes"},
    "account/email": {"email": "thief@people.example"},
    "account/language": {"language": "cy"},
    "account/password/remove": {},
    "authorize/consent": {"answer": "yes"},
}


@pytest.fixture
async def resident(site, visitor, code):
    tab = await visitor(**harness.DESKTOP)
    await open_account(site, tab, code, nothing, "victim@people.example")
    yield tab
    await tab.goto(f"{site}/identity/account/close")
    await tab.check("input[name=sure]")
    await tab.click("main form button[type=submit]")
    await tab.wait_for_selector("h1:has-text('closed')")


@pytest.mark.everyday("identity")
async def test_forms_of_other_sites_do_nothing(site, resident, code):
    """CSRF at login, logout and everything of the account: refused, and the browser is still the same one."""
    before = await cookies(resident)
    for path, fields in FORGED.items():
        async with evil(form(f"{site}/identity/{path}", csrf="x" * 43, **fields)) as url:
            async with resident.expect_response(f"**/identity/{path}") as answer:
                await resident.goto(url)
            response = await answer.value
            if path.startswith("account/"):  # the session's cookie does not come along either
                assert response.headers["location"].startswith("/identity/sign-in"), path
            else:
                assert response.status == 403, path
            await resident.wait_for_load_state()
        assert await is_signed_in(resident, site), path
    after = await cookies(resident)
    assert {name: cookie["value"] for name, cookie in after.items()} == {
        name: cookie["value"] for name, cookie in before.items()
    }


async def test_another_site_cannot_agree_for_the_person(site, resident, bins, arrival, database):
    """A form with all fields of the page but the browser's token is refused."""
    await resident.goto(authorize_url(site, bins, redirect_uri=arrival))
    fields = {
        name: await resident.get_attribute(f"input[name={name}]", "value") for name in ("request", "person")
    }
    target = f"{site}/identity/authorize/consent"
    async with evil(form(target, csrf="x" * 43, answer="yes", **fields)) as url:
        await resident.goto(url)
        await resident.wait_for_url(target)
    assert await resident.inner_text("h1") == "Send the form again"
    await resident.goto(authorize_url(site, bins, redirect_uri=arrival))
    assert "/identity/authorize" in resident.url  # asked once more
    async with database.reading() as session:
        account = await session.scalar(
            provider.account_email.select()
            .with_only_columns(provider.account_email.c.account)
            .where(provider.account_email.c.canonical == "victim@people.example")
        )
        assert await consents.list_consents(session, account, 10) == []


async def test_a_request_posted_by_a_service_finds_the_person_signed_in(site, resident, bins, arrival):
    """POST from another site comes without cookies; the person must not have to sign in again for that."""
    fields = bins.request(redirect_uri=arrival)
    async with evil(form(f"{site}/identity/authorize", **fields)) as url:
        await resident.goto(url)
        await resident.click("button[value=yes]")
        await resident.wait_for_url(f"{arrival}?**")
    assert read_query(resident)["state"] == "a-state"


async def test_a_sign_out_posted_by_a_service_asks_and_then_signs_out(site, resident, code):
    async with evil(form(f"{site}/identity/logout", state="x")) as url:
        before = (await cookies(resident))[BROWSER]["value"]
        await resident.goto(url)
        await resident.wait_for_selector("h1:has-text('Do you want to sign out?')")
        assert await is_signed_in(resident, site)
        assert (await cookies(resident))[BROWSER]["value"] == before
        await resident.goto(url)
        await resident.click("main form button[type=submit]")
        await resident.wait_for_selector("h1:has-text('You have signed out')")
    assert not await is_signed_in(resident, site)
    await sign_in(resident, code, "victim@people.example")
    await resident.wait_for_url("**/identity/account")


async def test_no_page_stands_in_another_sites_frame(site, resident, bins, arrival):
    pages = {
        "sign-in": "sign-in",
        "account": "account",
        "sign-out": "logout",
        "consent": f"authorize?{urlencode(bins.request(redirect_uri=arrival))}",
    }
    frames = "".join(
        f'<iframe name="{name}" src="{site}/identity/{to}"></iframe>' for name, to in pages.items()
    )
    attacker = await resident.context.new_page()
    async with evil(frames) as url:
        await attacker.goto(url)
        for name in pages:
            frame = attacker.frame(name=name)
            assert frame.url.startswith("chrome-error://"), name
            assert "Townhall" not in await frame.content()


async def test_the_back_button_shows_nothing_after_signing_out(site, visitor, code):
    tab = await visitor(**harness.DESKTOP)
    await open_account(site, tab, code, nothing, "back@people.example")
    await tab.goto(f"{site}/identity/account/sessions")
    await tab.goto(f"{site}/identity/account")
    await tab.click("main form button[type=submit]")
    await tab.wait_for_selector("h1:has-text('You have signed out')")
    for _ in range(2):
        await tab.go_back()
        await tab.wait_for_url("**/identity/sign-in**")
        assert "back@people.example" not in await tab.content()


async def test_two_tabs_with_two_requests_end_each_with_its_own_answer(site, visitor, code, bins, arrival):
    first = await visitor(**harness.DESKTOP)
    await open_account(site, first, code, nothing, "tabs@people.example")
    await first.context.clear_cookies()
    second = await first.context.new_page()
    await first.goto(authorize_url(site, bins, redirect_uri=arrival, state="first", scope="openid email"))
    await second.goto(authorize_url(site, bins, redirect_uri=arrival, state="second"))
    await sign_in(first, code, "tabs@people.example")
    await first.wait_for_selector("button[value=yes]")
    await sign_in(second, code, "tabs@people.example")
    await second.wait_for_selector("button[value=yes]")
    await first.click("button[value=yes]")
    await first.wait_for_url(f"{arrival}?**")
    await second.click("button[value=yes]")
    await second.wait_for_url(f"{arrival}?**")
    assert (read_query(first)["state"], read_query(second)["state"]) == ("first", "second")
    assert read_query(first)["code"] != read_query(second)["code"]
    await first.go_back()
    await first.wait_for_url(re.compile("/identity/"))
    assert "code=" not in first.url  # an answered request is not answered again


async def test_signing_out_in_one_tab_takes_the_question_away_in_the_other(
    site, visitor, code, bins, arrival
):
    tab = await visitor(**harness.DESKTOP)
    await open_account(site, tab, code, nothing, "mid@people.example")
    await tab.goto(authorize_url(site, bins, redirect_uri=arrival))
    second_tab = await tab.context.new_page()
    await second_tab.goto(f"{site}/identity/account")
    await second_tab.click("main form button[type=submit]")
    await second_tab.wait_for_selector("h1:has-text('You have signed out')")
    await tab.click("button[value=yes]")
    await tab.wait_for_url("**/identity/sign-in?**")
