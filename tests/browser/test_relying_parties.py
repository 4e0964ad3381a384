"""A service written by others, on openid-client from npm: people sign in at it through the pages."""

import itertools

import pyotp
import pytest
from joserfc.jwk import ECKey, RSAKey

from chassis.app import create_app
from chassis.outbound import Outbound
from chassis.testing import servers
from dev import ports
from identity.logout.actions import backchannel_logout
from services.identity.tests.conftest import master_key, service
from services.identity.tests.provider import register
from tests.browser import harness
from tests.browser.relying import relying
from tests.browser.test_identity_pages import code, open_account

__all__ = ["code", "master_key", "service"]
LOOPBACK = {
    "redirect_uris": ["http://127.0.0.1/callback"],
    "post_logout_redirect_uris": ["http://127.0.0.1/bye"],
}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def port():
    return ports.free_port()


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, master_key, jwks_url, port):
    return service.settings(
        database_url=database_url,
        nats_url=nats_url,
        master_key=master_key,
        trace_ratio=0,
        issuer=f"http://localhost:{port}/identity/",
        mail="sent-messages",
    )


@pytest.fixture(scope="module")
def app(service, settings):
    return create_app(service, settings)


@pytest.fixture(scope="module")
async def site(app, port):
    async with harness.serving(app, port):
        yield f"http://localhost:{port}"


async def nothing(_):
    """An account is opened here on the way; its pages are looked at elsewhere."""


@pytest.fixture
def resident(site, visitor, code):
    """``tab, address = await resident()``: somebody with an account, who is signed in nowhere."""

    async def come():
        tab, address = await visitor(**harness.PHONE), f"resident{next(_numbers)}@people.example"
        await open_account(site, tab, code, nothing, address)
        await tab.context.clear_cookies()
        return tab, address

    return come


async def sign_in(tab, party, code, address):
    """From the service through our pages by the code of the letter."""
    await tab.goto(party.url)
    await tab.wait_for_url("**/identity/sign-in**")
    await tab.fill("#email", address)
    await tab.press("#email", "Enter")
    await tab.wait_for_selector("#code")
    await tab.fill("#code", await code(address))
    await tab.press("#code", "Enter")


async def agree(tab):
    await tab.click("button[value=yes]")
    await tab.wait_for_selector("h1:has-text('Signed in')")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A CA of the test's own: its file, and a certificate of a name that leads to this machine."""
    folder = tmp_path_factory.mktemp("authority")
    ca = servers.make_authority(folder).file
    pem = (folder / "server.pem").read_text()
    return ca, {"key": pem, "cert": pem}


def make_configuration(settings, service, **more):
    registration = {"issuer": settings.issuer, "client_id": service.client_id, "secret": service.secret}
    return {**registration, "scope": "openid email offline_access", **more}


@pytest.mark.everyday("identity")
async def test_openid_client_signs_a_person_in_refreshes_and_hears_of_the_sign_out(
    settings, resident, code, database, authority, run_jobs, monkeypatch
):
    """Discovery, code, PKCE, state, nonce, iss, userinfo, refresh, both kinds of logout."""
    (ca, tls), port = authority, ports.free_port()
    behind = f"https://{servers.HOST}:{port}/logout-token"
    bins = await register(database, first_party=False, backchannel_logout_uri=behind, **LOOPBACK)
    tab, address = await resident()
    async with relying(**make_configuration(settings, bins, tls=tls, port=port)) as party:
        await sign_in(tab, party, code, address)
        await tab.wait_for_selector("h1:has-text('Share your details')")
        assert (await party.state())["open"] == 1  # nothing was told before the person agreed
        await agree(tab)
        state = await party.state()
        assert state["person"] == {
            "sub": state["claims"]["sub"], "email": address, "email_verified": True,
        }  # fmt: skip
        await tab.goto(f"{party.url}/refresh")
        assert await tab.inner_text("h1") == "Refreshed"
        await tab.goto(f"{party.url}/sign-out")
        await tab.wait_for_selector("h1:has-text('Signed out')")
        assert (await party.state())["signedIn"] is True  # it does not go by what the browser brings
        trusting = settings.model_copy(update={"outbound_ca": ca, "outbound_private": True})
        outbound = Outbound(trusting, servers.Names(["127.0.0.1"]))
        monkeypatch.setattr(backchannel_logout, "Outbound", lambda _: outbound)
        await run_jobs()
        state = await party.state()
        assert (state["signedIn"], state["refused"]) == (False, [])
        await tab.goto(f"{party.url}/")
        await tab.wait_for_url("**/identity/sign-in**")  # signed out here too


async def test_openid_client_pushes_its_request_and_shows_who_it_is_by_its_key(
    settings, resident, code, database
):
    key = ECKey.generate_key("P-256", {"kid": "own"})
    bins = await register(database, jwks=[key.as_dict(private=False)], par_required=True, **LOOPBACK)
    tab, address = await resident()
    mine = {"key": key.as_dict(private=True), "alg": "ES256", "par": True}
    async with relying(**make_configuration(settings, bins, **mine)) as party:
        await sign_in(tab, party, code, address)
        await agree(tab)
        state = await party.state()
        assert (state["person"]["email"], state["refused"]) == (address, [])
    async with relying(**make_configuration(settings, bins, **{**mine, "par": False})) as party:
        await tab.goto(party.url)
        assert await tab.inner_text("h1") == "Not signed in"
        assert (await party.state())["refused"][0]["error"] == "invalid_request"


async def set_up_app(tab, site):
    await tab.goto(f"{site}/identity/account/authenticator")
    secret = (await tab.inner_text(".townhall-key")).replace(" ", "")
    await tab.fill("#code", pyotp.TOTP(secret).now())
    await tab.press("#code", "Enter")
    await tab.wait_for_selector(".townhall-codes")
    return await tab.locator(".townhall-codes li").all_inner_texts()


async def test_openid_client_signs_a_person_in_as_a_service_of_one_login_does(
    site, settings, visitor, code, database
):
    """vtr of two factors, private_key_jwt with RS256, an id_token by RS256 where it asks."""
    key = RSAKey.generate_key(2048, {"kid": "own"})
    school = await register(
        database, profile="onelogin", jwks=[key.as_dict(private=False)], id_token_alg="RS256", **LOOPBACK
    )
    tab, address = await visitor(**harness.DESKTOP), f"resident{next(_numbers)}@people.example"
    await open_account(site, tab, code, nothing, address)
    recovery = await set_up_app(tab, site)
    await tab.context.clear_cookies()
    mine = {"key": key.as_dict(private=True), "alg": "RS256", "id_token_alg": "RS256"}
    parameters = {"scope": "openid email", "more": {"vtr": '["Cl.Cm"]', "ui_locales": "en"}}
    async with relying(**make_configuration(settings, school, **mine, **parameters)) as party:
        await sign_in(tab, party, code, address)
        await tab.click("text=use a recovery code")
        await tab.fill("#code", recovery[0])
        await tab.press("#code", "Enter")
        await agree(tab)
        state = await party.state()
    assert state["claims"]["vot"] == "Cl.Cm"
    assert state["claims"]["vtm"] == f"{settings.issuer}trustmark"
    assert (state["person"]["email"], state["refused"]) == (address, [])
    assert "refresh_token" not in state["tokens"]


async def test_who_does_not_agree_is_told_to_openid_client_as_an_error(settings, resident, code, database):
    bins = await register(database, first_party=False, **LOOPBACK)
    tab, address = await resident()
    async with relying(**make_configuration(settings, bins)) as party:
        await sign_in(tab, party, code, address)
        await tab.click("button[value=no]")
        await tab.wait_for_selector("h1:has-text('Not signed in')")
        assert (await party.state())["refused"][0]["error"] == "access_denied"
