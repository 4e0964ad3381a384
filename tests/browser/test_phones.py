"""Phones of accounts in a browser: added, changed, used to sign in; every page for everybody."""

import itertools
import os

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from chassis.app import create_app
from services.identity.tests.conftest import master_key, service
from tests.browser import harness

__all__ = ["master_key", "service"]

_numbers = itertools.count(100)
# As narrow as a small phone's screen and as wide as a desk's.
NARROW = {**harness.PHONE, "viewport": {"width": 375, "height": 780}}
SIZES = {"375": NARROW, "1280": harness.DESKTOP}


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, master_key):
    return service.settings(
        database_url=database_url, nats_url=nats_url, master_key=master_key, trace_ratio=0,
        mail="sent-messages", texts="sent-messages", texts_new_per_day=10_000, texts_per_day=10_000,
    )  # fmt: skip


@pytest.fixture(scope="module")
def app(service, settings) -> FastAPI:
    return create_app(service, settings)


@pytest.fixture(scope="module")
async def site(app):
    async with harness.serving(app) as url:
        yield url.replace("127.0.0.1", "localhost")


@pytest.fixture(autouse=True)
async def uncounted(database):
    """All the windows are of one network."""
    async with database.writing() as session:
        await session.execute(text("DELETE FROM rate_limit"))


@pytest.fixture
def code(sent_messages):
    """``await code("+447700900123")`` -> the newest code sent to a number or an address."""

    async def newest(to):
        return harness.newest_code(await sent_messages(to))

    return newest


class Person:
    """Somebody with an account and a phone, at a browser; looks at every page on the way."""

    def __init__(self, site, tab, code, axe, size, lang):
        self.site, self.tab, self.code, self.axe = site, tab, code, axe
        self.size, self.lang = size, lang
        self.address = f"person{next(_numbers)}@phones.example"

    def number(self):
        return f"+447700900{next(_numbers)}"

    async def go(self, path):
        await self.tab.goto(f"{self.site}/identity/{path}")

    async def look(self, name):
        await self.axe(self.tab)
        assert await self.tab.get_attribute("html", "lang") == self.lang
        if folder := os.environ.get("ACCOUNT_PICTURES"):
            await self.tab.screenshot(path=f"{folder}/{name}-{self.lang}-{self.size}.png", full_page=True)

    async def press(self):
        """The first button of the page."""
        await self.tab.click("main form button[type=submit]")

    async def type_code(self, to, then):
        await self.tab.fill("#code", await self.code(to))
        await self.press()
        await self.tab.wait_for_url(then)

    async def open(self):
        await self.go(f"register?lang={self.lang}")
        await self.tab.fill("#email", self.address)
        await self.press()
        await self.tab.wait_for_selector("#code")
        await self.type_code(self.address, "**/identity/account")

    async def give(self, number):
        """Type a number in, and its code."""
        await self.go("account/phone")
        await self.tab.fill("#phone", number)
        await self.press()
        await self.tab.wait_for_url("**/account/phone/code")


@pytest.fixture
def someone(site, visitor, code, axe):
    async def come(size, lang):
        person = Person(site, await visitor(**SIZES[size]), code, axe, size, lang)
        await person.open()
        return person

    return come


@pytest.mark.parametrize(("size", "lang"), [("375", "cy"), ("375", "en"), ("1280", "en"), ("1280", "cy")])
async def test_a_phone_is_added_changed_and_removed_on_accessible_pages(someone, size, lang):
    person = await someone(size, lang)
    await person.look("account-none")
    await person.go("account/phone")
    await person.look("phone-add")
    await person.tab.fill("#phone", "0901 234 5678")
    await person.press()
    await person.tab.wait_for_selector(".govuk-error-summary")
    await person.look("phone-wrong")
    first, second = person.number(), person.number()
    await person.give(first)
    await person.look("phone-code")
    await person.tab.fill("#code", "12")
    await person.press()
    await person.tab.wait_for_selector(".govuk-error-summary")
    await person.look("phone-code-wrong")
    await person.type_code(first, "**/identity/account")
    await person.look("account-phone")
    await person.give(second)
    await person.type_code(second, "**/account/phone/before")
    await person.look("phone-before")
    await person.type_code(first, "**/identity/account")
    assert second[-6:] in await person.tab.inner_text("main")
    await person.go("account/phone")
    await person.look("phone-change")
    await person.tab.click("main form[action$=remove] button")
    await person.tab.wait_for_url("**/account/phone/before")
    await person.type_code(second, "**/identity/account")
    assert second[-6:] not in await person.tab.inner_text("main")


@pytest.mark.parametrize(("size", "lang"), [("375", "cy"), ("1280", "en")])
async def test_signing_in_by_text_is_accessible(someone, visitor, size, lang):
    person = await someone(size, lang)
    await person.go("account/second-step")
    await person.look("second-step-choice")
    await person.tab.click("main a[href$='/account/text']")
    await person.look("text-set-up")
    number = person.number()
    await person.tab.fill("#phone", number)
    await person.press()
    await person.tab.wait_for_url("**/account/text/code")
    await person.look("text-set-up-code")
    await person.tab.fill("#code", await person.code(number))
    await person.press()
    await person.tab.wait_for_selector(".townhall-codes")
    await person.look("text-recovery-codes")
    await person.go("account/text")
    await person.look("text-there")
    await person.go("account")
    await person.look("account-text")
    await sign_in_again(person, await visitor(**SIZES[size]), number)


async def sign_in_again(person, tab, number):
    """In another browser: the letter's code, then the text's; and what is said when there were too many."""
    person.tab = tab
    await person.go(f"sign-in?lang={person.lang}")
    await tab.fill("#email", person.address)
    await person.press()
    await tab.wait_for_selector("#code")
    await person.type_code(person.address, "**/sign-in/text")
    await person.look("sign-in-text")
    await person.press()
    await tab.wait_for_url("**/sign-in/text/code")
    await person.look("sign-in-text-code")
    await tab.click("main a[href$='/sign-in/recovery']")
    await person.look("sign-in-recovery")
    await tab.go_back()
    while await tab.query_selector("#code") is not None:
        async with tab.expect_navigation():
            await tab.click("main form[action*='/sign-in/text'] button")
    await person.look("texts-wait")
    await person.go("sign-in/text/code")
    await person.type_code(number, "**/identity/account")


async def test_a_phone_is_used_without_scripts(site, visitor, code):
    tab = await visitor(**harness.DESKTOP, java_script_enabled=False)
    person = Person(site, tab, code, _nothing, "1280", "en")
    await person.open()
    number = person.number()
    await person.give(number)
    assert await tab.get_attribute("#code", "autocomplete") == "one-time-code"
    await person.type_code(number, "**/identity/account")
    assert number[-6:] in await tab.inner_text("main")


async def _nothing(_tab):
    """axe needs scripts."""


async def test_a_laptop_shows_a_text_message_as_the_phone_would(someone, app):
    person = await someone("375", "en")
    await person.give(person.number())
    await person.go("sent-messages")
    await person.look("sent-messages")
    await person.tab.click("main li a:has-text('Text message')")
    assert "@localhost #" in await person.tab.inner_text("main")
    await person.look("sent-text-message")
