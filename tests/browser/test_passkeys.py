"""Passkeys with a browser's own WebAuthn and a virtual authenticator: made, used, and refused when gone."""

import socket

import pytest

from chassis.app import create_app
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


async def test_a_passkey_is_made_and_signs_in_without_anything_typed(site, phone, code, axe):
    devtools = await phone.context.new_cdp_session(phone)
    await devtools.send("WebAuthn.enable")
    made = await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    await open_account(site, phone, code, axe, "pat@resident.example")
    await phone.goto(f"{site}/identity/account/passkeys")
    await phone.fill("#name", "My phone")
    await phone.click("form[data-passkey=create] button")
    await phone.wait_for_selector("h2:has-text('My phone')")
    await axe(phone)

    await phone.context.clear_cookies()
    await phone.goto(f"{site}/identity/sign-in")
    await axe(phone)
    await phone.click("form[data-passkey=get] button")
    await phone.wait_for_url("**/identity/account")
    assert "pat@resident.example" in await phone.inner_text("main")

    await devtools.send("WebAuthn.clearCredentials", {"authenticatorId": made["authenticatorId"]})
    await phone.context.clear_cookies()
    await phone.goto(f"{site}/identity/sign-in")
    await phone.click("form[data-passkey=get] button")
    await phone.wait_for_selector(".townhall-passkey-failed:not([hidden])")
    await axe(phone)
    assert phone.url == f"{site}/identity/sign-in"


async def test_where_there_are_no_scripts_no_passkey_is_offered(site, visitor):
    tab = await visitor(java_script_enabled=False)
    await tab.goto(f"{site}/identity/sign-in")
    assert await tab.is_hidden("form[data-passkey]")
    assert await tab.is_visible("#email")
