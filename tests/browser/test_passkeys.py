"""Passkeys with a browser's own WebAuthn and a virtual authenticator: made, used, and refused when gone."""

import socket

import pytest
from sqlalchemy import text

from chassis.app import create_app
from identity.verification.actions.context import hash_browser_secret
from services.identity.tests.conftest import master_key, service
from tests.browser import harness
from tests.browser.test_identity_pages import code, open_account

__all__ = ["code", "master_key", "service"]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
# A browser that does not offer passkeys by itself, so that the button is what signs in.
BUTTON_ALONE = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"
# One whose offer nobody takes: it waits until the page takes it back.
NOBODY_CHOOSES = """
const real = navigator.credentials.get.bind(navigator.credentials)
navigator.credentials.get = (options) => {
  if (options.mediation !== 'conditional') return real(options)
  window.offers = [...(window.offers || []), options]
  return new Promise((_, refuse) =>
    options.signal.addEventListener('abort', () => refuse(new DOMException('', 'AbortError'))))
}
"""


@pytest.fixture(scope="module")
def port():
    """A free port: a passkey belongs to the issuer's domain, so the issuer must be where the browser goes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, master_key, jwks_url, port):
    return service.settings(
        database_url=database_url,
        nats_url=nats_url,
        master_key=master_key,
        trace_ratio=0,
        issuer=f"http://localhost:{port}/identity/",
    )


@pytest.fixture(scope="module")
async def site(service, settings, port):
    async with harness.serving(create_app(service, settings), port):
        yield f"http://localhost:{port}"


async def device(tab):
    """A device with a fingerprint reader in the tab: the debugger's session, and its id."""
    devtools = await tab.context.new_cdp_session(tab)
    await devtools.send("WebAuthn.enable")
    authenticator = await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return devtools, authenticator["authenticatorId"]


async def make_passkey(site, tab):
    await tab.goto(f"{site}/identity/account/passkeys")
    await tab.fill("#name", "My phone")
    await tab.click("form[data-passkey=create] button")
    await tab.wait_for_selector("h2:has-text('My phone')")


@pytest.mark.everyday("identity")
async def test_a_passkey_is_made_and_signs_in_without_anything_typed(site, phone, code, axe):
    await phone.add_init_script(BUTTON_ALONE)
    devtools, reader = await device(phone)
    await open_account(site, phone, code, axe, "pat@resident.example")
    await make_passkey(site, phone)
    await axe(phone)

    await phone.context.clear_cookies()
    await phone.goto(f"{site}/identity/sign-in")
    await axe(phone)
    await phone.click("form[data-passkey=get] button")
    await phone.wait_for_url("**/identity/account")
    assert "pat@resident.example" in await phone.inner_text("main")

    await devtools.send("WebAuthn.clearCredentials", {"authenticatorId": reader})
    await phone.context.clear_cookies()
    await phone.goto(f"{site}/identity/sign-in")
    await phone.click("form[data-passkey=get] button")
    await phone.wait_for_selector(".townhall-passkey-failed:not([hidden])")
    await axe(phone)
    assert phone.url == f"{site}/identity/sign-in"


async def test_a_passkey_is_offered_by_itself_at_the_email_address(site, phone, code, axe):
    """The virtual device takes the offer that a person would take from the list under the field."""
    await device(phone)
    await open_account(site, phone, code, axe, "ines@resident.example")
    await make_passkey(site, phone)
    await phone.context.clear_cookies()
    await phone.goto(f"{site}/identity/sign-in")
    await phone.wait_for_url("**/identity/account")
    assert "ines@resident.example" in await phone.inner_text("main")


async def test_the_button_takes_the_offer_back_and_signs_in(site, phone, code, axe):
    await phone.add_init_script(NOBODY_CHOOSES)
    await device(phone)
    await open_account(site, phone, code, axe, "ola@resident.example")
    await make_passkey(site, phone)
    await phone.context.clear_cookies()
    await phone.goto(f"{site}/identity/sign-in")
    await phone.wait_for_function("window.offers?.length === 1")
    field = phone.locator("#email")
    assert await field.get_attribute("autocomplete") == "username webauthn"
    offer = await phone.evaluate_handle("window.offers[0].signal")
    assert await phone.evaluate("offer => offer.aborted", offer) is False
    await phone.evaluate(
        "document.querySelector('form[data-passkey=get]').submit = () => { window.sent = true }"
    )
    await phone.click("form[data-passkey=get] button")
    await phone.wait_for_function("window.sent === true")
    assert await phone.evaluate("offer => offer.aborted", offer) is True
    assert await phone.is_hidden(".townhall-passkey-failed")


async def test_who_chooses_no_passkey_sees_no_error_and_signs_in_by_code(site, phone, code, axe, database):
    await phone.add_init_script(NOBODY_CHOOSES)
    await device(phone)
    await open_account(site, phone, code, axe, "noor@resident.example")
    await phone.context.clear_cookies()
    for _ in range(3):
        await phone.goto(f"{site}/identity/sign-in")
        await phone.wait_for_function("window.offers?.length === 1")
    assert await phone.is_hidden(".townhall-passkey-failed")
    assert not await phone.query_selector(".govuk-error-summary")
    await axe(phone)
    browser = next(
        cookie for cookie in await phone.context.cookies() if cookie["name"].endswith("townhall-browser")
    )
    async with database.reading() as session:
        count = text("SELECT count(*) FROM passkey_challenge WHERE browser = :of AND purpose = 'sign-in'")
        assert await session.scalar(count, {"of": hash_browser_secret(browser["value"])}) == 1
    await phone.fill("#email", "noor@resident.example")
    await phone.press("#email", "Enter")
    await phone.fill("#code", await code("noor@resident.example"))
    await phone.press("#code", "Enter")
    await phone.wait_for_url("**/identity/account")


async def test_a_passkey_the_button_did_not_get_is_offered_again(site, phone):
    await phone.add_init_script(NOBODY_CHOOSES)
    await device(phone)
    await phone.goto(f"{site}/identity/sign-in")
    await phone.wait_for_function("window.offers?.length === 1")
    await phone.click("form[data-passkey=get] button")
    await phone.wait_for_selector(".townhall-passkey-failed:not([hidden])")
    await phone.wait_for_function("window.offers.length === 2")
    assert await phone.evaluate("window.offers[1].signal.aborted") is False


async def test_where_there_are_no_scripts_no_passkey_is_offered(site, visitor):
    tab = await visitor(java_script_enabled=False)
    await tab.goto(f"{site}/identity/sign-in")
    assert await tab.is_hidden("form[data-passkey]")
    assert await tab.is_visible("#email")
