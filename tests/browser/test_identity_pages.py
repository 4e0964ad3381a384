"""Identity's pages in a browser: opening an account, and signing in for a service, on a phone and a desk."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chassis.app import create_app
from services.identity.tests.conftest import master_key, service
from services.identity.tests.provider import register
from tests.browser import harness

__all__ = ["master_key", "service"]


@pytest.fixture(scope="module")
def app(service, settings):
    return create_app(service, settings)


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, master_key, jwks_url):
    return service.settings(
        database_url=database_url,
        nats_url=nats_url,
        master_key=master_key,
        trace_ratio=0,
        mail="sent-messages",
    )


@pytest.fixture(scope="module")
async def site(app):
    async with harness.serving(app) as url:
        yield url.replace("127.0.0.1", "localhost")


@pytest.fixture
def code(sent_messages):
    """``await code("jo@example.org")`` -> the newest code sent to an address."""

    async def newest(address):
        return harness.newest_code(await sent_messages(address))

    return newest


async def open_account(site, tab, code, axe, address, lang="en"):
    """Open an account by a letter's code, looking at every page on the way."""
    await tab.goto(f"{site}/identity/register?lang={lang}")
    await axe(tab)
    await tab.fill("#email", "not an address")
    await tab.press("#email", "Enter")
    await tab.wait_for_selector(".govuk-error-summary")
    await axe(tab)
    await tab.fill("#email", address)
    await tab.press("#email", "Enter")
    await tab.wait_for_selector("#code")
    await axe(tab)
    await tab.fill("#code", await code(address))
    await tab.press("#code", "Enter")
    await tab.wait_for_url("**/identity/account")


@pytest.mark.parametrize(("size", "lang"), [(harness.PHONE, "cy"), (harness.DESKTOP, "en")])
async def test_an_account_is_opened_and_its_pages_are_accessible(site, visitor, code, axe, size, lang):
    tab = await visitor(**size)
    await open_account(site, tab, code, axe, f"gwen-{lang}@resident.example", lang)
    assert await tab.get_attribute("html", "lang") == lang
    await axe(tab)
    addresses = await tab.eval_on_selector_all(
        "main a[href^='/identity/account']", "all => all.map(a => a.href)"
    )
    assert len(addresses) >= 3
    for address in addresses:
        await tab.goto(address)
        await axe(tab)


@pytest.mark.everyday("identity")
async def test_signing_in_ends_at_the_service(site, visitor, code, axe, database, arrival):
    """Chromium holds the redirects after a form to the policy of its page."""
    tab = await visitor(**harness.PHONE)
    await open_account(site, tab, code, axe, "jo@resident.example")
    wanting = await register(database, redirect_uris=[arrival])
    tab = await visitor(**harness.PHONE)
    parameters = wanting.request(redirect_uri=arrival)
    await tab.goto(f"{site}/identity/authorize?{urlencode(parameters)}")
    await axe(tab)
    await tab.fill("#email", "jo@resident.example")
    await tab.press("#email", "Enter")
    await tab.wait_for_selector("#code")
    await tab.fill("#code", await code("jo@resident.example"))
    await tab.press("#code", "Enter")
    await tab.wait_for_url(re.compile(r"/callback|/identity/authorize"))
    if "/callback" not in tab.url:
        await axe(tab)
        await tab.click("button[value=yes]")
        await tab.wait_for_url(f"{arrival}**")
    callback = parse_qs(urlsplit(tab.url).query)
    assert callback["state"] == ["a-state"]
    assert "code" in callback


async def test_the_page_of_sent_messages_is_accessible(site, phone, code, axe):
    await phone.goto(f"{site}/identity/register")
    await phone.fill("#email", "sam@resident.example")
    await phone.press("#email", "Enter")
    await phone.wait_for_selector("#code")
    await phone.goto(f"{site}/identity/sent-messages?lang=cy")
    await axe(phone)
    await phone.click("main li a")
    await phone.wait_for_selector(".govuk-inset-text")
    await axe(phone)
    assert await code("sam@resident.example") in await phone.inner_text("main")
