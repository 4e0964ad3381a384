"""Signing in elsewhere in a browser: to the provider, back, and which account that is."""

import socket
from datetime import UTC, datetime, timedelta

import pytest

from chassis import ids
from chassis.app import create_app
from identity.upstreams.actions import keys
from identity.upstreams.store import upstreams
from services.identity.tests.conftest import master_key, service
from simulators.openid_provider.clients import Client
from simulators.openid_provider.simulator import Simulator
from tests.browser import harness

__all__ = ["master_key", "service"]

NARROW = {**harness.PHONE, "viewport": {"width": 375, "height": 780}}
BUTTON = "text=GOV.UK One Login"


@pytest.fixture(scope="module")
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def app(service, settings):
    return create_app(service, settings)


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, master_key, port):
    return service.settings(
        database_url=database_url,
        nats_url=nats_url,
        master_key=master_key,
        trace_ratio=0,
        mail="sent-messages",
        issuer=f"http://127.0.0.1:{port}/identity/",
        outbound_private=True,
        jwks_floor=0,
    )


@pytest.fixture(scope="module")
async def site(app, port):
    async with harness.serving(app, port) as url:
        yield url.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
async def simulator():
    simulator_ = Simulator()
    async with harness.serving(simulator_.app) as url:
        simulator_.url = url.replace("127.0.0.1", "localhost")
        yield simulator_


@pytest.fixture(scope="module")
async def one_login(app, site, database, settings, simulator):
    """GOV.UK One Login, registered by citytown."""
    upstream_id, now = ids.new(), datetime.now(UTC)
    values = {
        "id": upstream_id, "kind": "onelogin", "audience": "residents", "title": "GOV.UK One Login",
        "title_cy": "GOV.UK One Login", "issuer": simulator.onelogin.issuer, "client_id": "townhall",
        "authentication": "private_key_jwt", "secret_sealed": None, "scopes": ["openid", "email"],
        "acr_values": None, "tenant": None, "subject_claim": "sub", "groups_claim": None,
        "provisioning": "scim", "session_hours": 8, "identity_level": "P2", "did_url": None, "enabled": True,
        "created_by": "tests", "updated_by": "tests", "created_at": now, "updated_at": now,
    }  # fmt: skip
    key = await keys.generate_key()
    async with database.writing("citytown") as session:
        await upstreams.insert_upstream(session, "citytown", values)
        await keys.create_key(session, settings, "citytown", upstream_id, key, timedelta(0))
    back = f"{site}/identity/upstream/citytown/{ids.show(upstream_id)}/callback"
    simulator.register(Client("onelogin", "townhall", (back,), jwks={"keys": [key.public]}))
    return upstream_id


@pytest.fixture
def code(sent_messages):
    """``await code("jo@example.org")`` -> the newest code sent to an address."""

    async def newest(address):
        return harness.newest_code(await sent_messages(address))

    return newest


async def looked_at(tab, axe, name, lang):
    """No fault of accessibility; a picture for who wants to see it."""
    await axe(tab)
    assert await tab.get_attribute("html", "lang") == lang
    harness.SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    width = tab.viewport_size["width"]
    await tab.screenshot(path=harness.SCREENSHOTS / f"upstream-{name}-{lang}-{width}.png", full_page=True)


async def answer_as(tab, simulator, person, act="sign-in"):
    """At the provider's own page: be this person, or do something else."""
    await tab.wait_for_url(f"{simulator.url}/**")
    await tab.check(f"#person-{person}")
    await tab.click(f"button[value={act}]")


@pytest.mark.parametrize("visit", [(NARROW, "cy", "sion"), (harness.DESKTOP, "en", "mary")])
async def test_somebody_new_comes_by_one_login_and_has_an_account(
    site, one_login, simulator, visitor, axe, code, visit
):
    size, lang, person = visit
    tab = await visitor(**size)
    await tab.goto(f"{site}/identity/sign-in?council=citytown&lang={lang}")
    await looked_at(tab, axe, "sign-in", lang)
    await tab.click(BUTTON)
    await answer_as(tab, simulator, person)
    await tab.wait_for_url("**/identity/upstream/link**")
    await looked_at(tab, axe, "link", lang)
    await tab.click("form:has(input[type=radio]) button")  # without an answer
    await tab.wait_for_selector(".govuk-error-summary")
    await looked_at(tab, axe, "link-wrong", lang)
    await tab.check("input[value=new]")
    await tab.click("form:has(input[type=radio]) button")
    # The council's provider opens no account: the code to the address that it verified does.
    await tab.wait_for_url("**/identity/sign-in")
    await looked_at(tab, axe, "counts-there", lang)
    address = simulator.residents[person].email
    assert await tab.input_value("#email") == address
    await tab.press("#email", "Enter")
    await tab.fill("#code", await code(address))
    await tab.press("#code", "Enter")
    await tab.wait_for_url("**/identity/account")
    await looked_at(tab, axe, "account", lang)
    assert address in await tab.content()
    await tab.goto(f"{site}/identity/account/upstreams?council=citytown")
    await looked_at(tab, axe, "linked", lang)
    # The next sign-in leads straight in.
    await tab.context.clear_cookies(name="townhall-session")
    await tab.goto(f"{site}/identity/sign-in?council=citytown&lang={lang}")
    await tab.click(BUTTON)
    await answer_as(tab, simulator, person)
    await tab.wait_for_url("**/identity/sign-in")


@pytest.mark.parametrize(("size", "lang"), [(NARROW, "en"), (harness.DESKTOP, "cy")])
async def test_who_has_an_account_adds_one_login_to_it(
    site, one_login, simulator, visitor, axe, code, size, lang
):
    address, tab = f"jo-{lang}@resident.example", await visitor(**size)
    await tab.goto(f"{site}/identity/register?lang={lang}")
    await tab.fill("#email", address)
    await tab.press("#email", "Enter")
    await tab.fill("#code", await code(address))
    await tab.press("#code", "Enter")
    await tab.wait_for_url("**/identity/account")
    await tab.goto(f"{site}/identity/account/upstreams")
    await looked_at(tab, axe, "none", lang)
    await tab.select_option("#council", "citytown")
    await tab.click("form[method=get] button")
    await looked_at(tab, axe, "offered", lang)
    await tab.click(BUTTON)
    await answer_as(tab, simulator, "peter" if lang == "en" else "taken", "access_denied")
    await tab.wait_for_url("**/identity/upstream/failed?**")
    await looked_at(tab, axe, "cancelled", lang)
    for language in ("cy" if lang == "en" else "en", lang):  # what happened is said in either language
        heading = await tab.inner_text("h1")
        await tab.click(f"a[hreflang={language}]")
        changed = "before => document.querySelector('h1').innerText !== before"
        await tab.wait_for_function(changed, arg=heading)
        assert "One Login" in await tab.inner_text("h1")
    await tab.click("form[method=post] button")
    await answer_as(tab, simulator, "peter" if lang == "en" else "taken")
    await tab.wait_for_url("**/identity/upstream/link/confirm**")
    await looked_at(tab, axe, "confirm", lang)
    await tab.click("form:not([action]) button")
    await tab.wait_for_url("**/identity/account/upstreams")
    await looked_at(tab, axe, "added", lang)


@pytest.mark.everyday("identity")
async def test_the_page_that_leads_away_works_for_who_waits_on_it(site, one_login, simulator, visitor, axe):
    """Some browsers do not go on by themselves: there is a button."""
    tab = await visitor(**NARROW)

    async def stays(route):
        response = await route.fetch()
        headers = {name: value for name, value in response.headers.items() if name != "refresh"}
        await route.fulfill(response=response, headers=headers)

    await tab.route("**/identity/upstream/citytown/*", stays)
    await tab.goto(f"{site}/identity/sign-in?council=citytown")
    await tab.click(BUTTON)
    await tab.wait_for_selector("a.govuk-button")
    await looked_at(tab, axe, "leave", "en")
    await tab.click("a.govuk-button")
    await tab.wait_for_url(f"{simulator.url}/**")
