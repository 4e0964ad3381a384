"""Accounts of people, in a browser: every page for everybody, and passkeys by a virtual authenticator."""

import base64
import itertools
import os
import re

import pyotp
import pytest
from fastapi import FastAPI

from chassis.app import create_app
from dev import ports
from identity.app import service as identity_service
from tests.browser import harness

WORDS = "kettle orange window"
OTHER_WAY_ROUND = [("en", "PHONE"), ("cy", "DESKTOP")]
"""``test_every_page`` looks at Welsh on a phone and English on a desk."""
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def service():
    return identity_service


@pytest.fixture(scope="module")
def port():
    return ports.free_port()


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, port):
    """A domain, since a passkey belongs to none that is an IP address."""
    return service.settings(
        database_url=database_url,
        nats_url=nats_url,
        issuer=f"http://localhost:{port}/identity/",
        master_key=base64.urlsafe_b64encode(os.urandom(32)).decode(),
        trace_ratio=0,
    )


@pytest.fixture(scope="module")
def app(service, settings) -> FastAPI:
    return create_app(service, settings)


@pytest.fixture(scope="module")
async def site(app, port):
    async with harness.serving(app, port):
        yield f"http://localhost:{port}"


@pytest.fixture
def code_for(sent_messages):
    async def find(address):
        return harness.newest_code(await sent_messages(address))

    return find


@pytest.fixture
def opened(site, code_for):
    """``address = await opened(tab)``: somebody opens an account in the tab."""

    async def come(tab):
        address = f"person{next(_numbers)}@example.org"
        await tab.goto(f"{site}/identity/register")
        await tab.fill("#email", address)
        await tab.click("text=Continue")
        await tab.fill("#code", await code_for(address))
        await tab.click("text=Continue")
        await tab.wait_for_url("**/identity/account")
        return address

    return come


@pytest.mark.parametrize(("language", "size"), OTHER_WAY_ROUND)
async def test_every_page_of_signing_in_is_accessible(site, visitor, axe, size, language):
    tab = await visitor(**getattr(harness, size))
    for path in ("sign-in", "sign-in/password", "register"):
        await tab.goto(f"{site}/identity/{path}?lang={language}")
        await axe(tab)
        assert await tab.get_attribute("html", "lang") == language
        await tab.click("main form button[type=submit]")
        await tab.wait_for_selector(".govuk-error-summary")
        await axe(tab)
        await picture(tab, f"{path.replace('/', '-')}-{language}-{size.lower()}")
    for way in ("sign-in", "register"):
        await tab.goto(f"{site}/identity/{way}")
        await tab.fill("#email", f"look{next(_numbers)}@example.org")
        await tab.click("main form button[type=submit]")
        await tab.wait_for_url(f"**/identity/{way}/code")
        await axe(tab)
        await tab.click("main form button[type=submit]")
        await tab.wait_for_selector(".govuk-error-summary")
        await axe(tab)
        await picture(tab, f"{way}-code-{language}-{size.lower()}")


async def picture(tab, name):
    """A photograph, for who wants to look: ACCOUNT_PICTURES names the folder."""
    if folder := os.environ.get("ACCOUNT_PICTURES"):
        await tab.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize(("language", "size"), OTHER_WAY_ROUND)
async def test_every_page_of_an_account_is_accessible(site, visitor, axe, opened, size, language):
    tab = await visitor(**getattr(harness, size))
    await opened(tab)
    pages = (
        "",
        "/sessions",
        "/email",
        "/password",
        "/passkeys",
        "/authenticator",
        "/language",
        "/close",
        "/second-step",
    )
    for page in pages:
        await tab.goto(f"{site}/identity/account{page}?lang={language}")
        await axe(tab)
        await picture(tab, f"account{page.replace('/', '-')}-{language}-{size.lower()}")
    secret = await set_up_app(tab, site)
    await axe(tab)
    await picture(tab, f"recovery-codes-{language}-{size.lower()}")
    for page in ("", "/authenticator", "/recovery-codes"):
        await tab.goto(f"{site}/identity/account{page}")
        await axe(tab)
        await picture(tab, f"account{page.replace('/', '-')}-there-{language}-{size.lower()}")
    await tab.goto(f"{site}/identity/account/close")
    await tab.click("main form button[type=submit]")
    await tab.wait_for_selector(".govuk-error-summary")
    await axe(tab)
    await tab.check("input[name=sure]")
    await tab.click("main form button[type=submit]")
    await tab.wait_for_selector("h1:not(:has-text('?'))")
    await axe(tab)
    await picture(tab, f"closed-{language}-{size.lower()}")
    assert secret


async def set_up_app(tab, site):
    await tab.goto(f"{site}/identity/account/authenticator")
    secret = (await tab.inner_text(".townhall-key")).replace(" ", "")
    await tab.fill("#code", pyotp.TOTP(secret).now())
    await tab.click("main form button[type=submit]")
    await tab.wait_for_selector(".townhall-codes")
    return secret


@pytest.mark.parametrize("size", ["DESKTOP", "PHONE"])
async def test_the_second_step_and_too_many_tries_are_accessible(site, visitor, axe, opened, code_for, size):
    tab = await visitor(**getattr(harness, size))
    address = await opened(tab)
    await set_up_app(tab, site)
    second_tab = await visitor(**getattr(harness, size))
    await second_tab.goto(f"{site}/identity/sign-in")
    await second_tab.fill("#email", address)
    await second_tab.click("text=Send me a code")
    await second_tab.fill("#code", await code_for(address))
    await second_tab.click("text=Continue")
    for name in ("second-step", "recovery"):
        await second_tab.goto(f"{site}/identity/sign-in/{name}")
        await axe(second_tab)
        await picture(second_tab, f"{name}-{size.lower()}")
        await second_tab.fill("#code", "12")
        await second_tab.click("text=Continue")
        await second_tab.wait_for_selector(".govuk-error-summary")
        await axe(second_tab)
    for _ in range(9):
        await second_tab.fill("#code", "12")
        await second_tab.click("text=Continue")
        await second_tab.wait_for_load_state()
        if "too many" in await second_tab.inner_text("h1"):
            break
    assert await second_tab.inner_text("h1") == "You have tried too many times"
    await axe(second_tab)
    await picture(second_tab, f"too-often-{size.lower()}")


async def test_an_account_works_without_scripts(site, visitor, opened, code_for):
    tab = await visitor(java_script_enabled=False)
    address = await opened(tab)
    await tab.goto(f"{site}/identity/account/password")
    await tab.fill("#password", WORDS)
    await tab.click("text=Save password")
    await tab.click("text=Sign out")
    assert await tab.inner_text("h1") == "You have signed out"
    await tab.click("text=Sign in again")
    assert not await tab.is_visible("text=Sign in with a passkey")
    await tab.click("text=Sign in with a password instead")
    await tab.fill("#email", address)
    await tab.fill("#password", WORDS)
    await tab.click("main form button:has-text('Sign in')")
    assert await tab.inner_text("h1") == "Your account"


async def authenticator(tab):
    """A device with a fingerprint reader, in the browser (WebAuthn section 11)."""
    session = await tab.context.new_cdp_session(tab)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, device["authenticatorId"]


async def test_a_passkey_is_made_and_signs_in(site, page, axe, opened):
    # A browser that offers none by itself: here the virtual device would take the offer at once.
    await page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    await opened(page)
    session, device = await authenticator(page)
    await page.goto(f"{site}/identity/account/passkeys")
    await page.fill("form[data-passkey] input[name=name]", "Work laptop")
    await page.click("text=Make a passkey on this device")
    await page.wait_for_selector("h2:has-text('Work laptop')")
    await axe(page)
    await picture(page, "account-passkeys-one")
    listed = await session.send("WebAuthn.getCredentials", {"authenticatorId": device})
    [credential] = listed["credentials"]
    assert (credential["isResidentCredential"], credential["rpId"]) == (True, "localhost")
    await page.goto(f"{site}/identity/account")
    await page.click("text=Sign out")
    await page.goto(f"{site}/identity/sign-in")
    await page.click("text=Sign in with a passkey")
    await page.wait_for_url("**/identity/account")
    assert await page.inner_text("h1") == "Your account"


async def test_a_passkey_that_does_not_verify_the_person_opens_nothing(site, page, opened):
    await opened(page)
    session, device = await authenticator(page)
    await page.goto(f"{site}/identity/account/passkeys")
    await page.click("text=Make a passkey on this device")
    await page.wait_for_selector(".govuk-summary-card")
    await page.goto(f"{site}/identity/account")
    await page.click("text=Sign out")
    await session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    await page.goto(f"{site}/identity/sign-in")
    await page.click("text=Sign in with a passkey")
    await page.wait_for_selector(".townhall-passkey-failed:not([hidden])")
    await page.goto(f"{site}/identity/account")
    assert re.search("/identity/sign-in$", page.url)


async def test_a_browser_at_an_ip_address_is_not_offered_what_cannot_work(site, page):
    await page.goto(f"{site.replace('localhost', '127.0.0.1')}/identity/sign-in")
    assert await page.is_visible("text=Send me a code")
    assert not await page.is_visible("text=Sign in with a passkey")


async def test_who_comes_without_the_passkey_is_shown_the_way(site, page, visitor, axe, opened, code_for):
    address = await opened(page)
    await authenticator(page)
    await page.goto(f"{site}/identity/account/passkeys")
    await page.click("text=Make a passkey on this device")
    await page.wait_for_selector(".govuk-summary-card")
    for size in ("DESKTOP", "PHONE"):
        second_tab = await visitor(**getattr(harness, size))
        await second_tab.goto(f"{site}/identity/sign-in")
        await second_tab.fill("#email", address)
        await second_tab.click("text=Send me a code")
        await second_tab.fill("#code", await code_for(address))
        await second_tab.click("text=Continue")
        await second_tab.goto(f"{site}/identity/account/authenticator?lang=cy")
        assert await second_tab.inner_text("h1") == "Mewngofnodi gyda'ch allwedd mynediad"
        await axe(second_tab)
        await picture(second_tab, f"passkey-needed-{size.lower()}")
