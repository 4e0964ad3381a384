"""The simulator's own pages: read by anybody, and plainly no real provider's."""

from urllib.parse import urlencode

import pytest

from simulators.openid_provider.clients import Client
from simulators.openid_provider.providers import CORE_IDENTITY
from simulators.openid_provider.simulator import Simulator
from simulators.openid_provider.staff import CITYTOWN
from tests.browser.harness import DESKTOP, PHONE, axe, serving

BACK = "http://localhost:9/back"
CHALLENGE = "A" * 43


@pytest.fixture
async def simulator():
    simulator = Simulator()
    simulator.register(Client("onelogin", "city", (BACK,), jwks={"keys": []}))
    simulator.register(Client("directory", "staff", (BACK,), tenant=CITYTOWN, secret="hush"))
    async with serving(simulator.app) as url:
        simulator.url = url
        yield simulator


def authorization_url(provider, client_id, **more):
    parameters = {
        "response_type": "code", "client_id": client_id, "redirect_uri": BACK, "scope": "openid email",
        "state": "a-state", "nonce": "a-nonce", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        **more,
    }  # fmt: skip
    return f"{provider.authorize}?{urlencode(parameters)}"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_every_page_of_the_simulator_is_accessible_and_says_what_it_is(visitor, simulator, size):
    proof = {"vtr": '["Cl.Cm.P2"]', "claims": f'{{"userinfo": {{"{CORE_IDENTITY}": null}}}}'}
    pages = [
        simulator.url,
        authorization_url(simulator.onelogin, "city", **proof),
        authorization_url(simulator.directory(CITYTOWN), "staff"),
        authorization_url(simulator.onelogin, "nobody"),
    ]
    page = await visitor(**size)
    for url in pages:
        await page.goto(url)
        assert await page.locator("header", has_text="Simulation").count() == 1
        assert await page.locator("h1").count() == 1
        await axe(page)


async def test_a_person_is_chosen_by_keyboard_and_moved_by_the_form(visitor, simulator):
    page = await visitor(**DESKTOP)
    tenant = simulator.tenants[CITYTOWN]
    await page.goto(simulator.url)
    await page.get_by_role("group", name="Priya Raman").get_by_label("Council tax").check()
    await page.get_by_role("group", name="Priya Raman").get_by_label("Waste services").uncheck()
    await page.get_by_role("button", name="Save Priya Raman").click()
    await page.wait_for_url("**/#citytown")
    assert {tenant.groups[group] for group in tenant.staff["priya"].groups} == {"Council tax"}
    await page.get_by_role("group", name="Priya Raman").get_by_label("Works here").uncheck()
    await page.get_by_role("button", name="Save Priya Raman").click()
    await page.get_by_role("group", name="Priya Raman (left)").wait_for()
    await page.goto(authorization_url(simulator.directory(CITYTOWN), "staff"))
    assert await page.get_by_label("Priya Raman").count() == 0
    await page.get_by_label("Sam Field").focus()
    await page.keyboard.press("Space")
    async with page.expect_request(f"{BACK}?*") as request:
        await page.get_by_role("button", name="Sign in as this person").press("Enter")
    assert "code=" in (await request.value).url
