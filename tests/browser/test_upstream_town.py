"""Sign-in from upstream in a whole town, as anybody sees it after `make run`: nothing is set up by hand."""

import json
import re
import time

import httpx
import pytest
from playwright.async_api import expect

from simulators.openid_provider.staff import CITYTOWN, tenants
from tests.browser.harness import DESKTOP, PHONE, SCREENSHOTS, axe

pytestmark = pytest.mark.timeout(120)
ONE_LOGIN = "GOV.UK One Login (simulated)"
DIRECTORY = "Staff account (simulated directory)"


async def choose(page, person):
    """At the simulator."""
    await expect(page.locator("header")).to_contain_text("Simulation")
    await page.get_by_label(person).check()
    await page.get_by_role("button", name="Sign in as this person").click()


async def open_account(page, answer="No, make a new account"):
    await page.get_by_label(answer).check()
    await page.get_by_role("button", name="Continue").click()


async def part(page, name):
    """What the demonstration service shows of what it was told."""
    return json.loads(await page.get_by_role("region", name=name).inner_text())


async def test_a_resident_proves_who_he_is_by_one_login_and_a_service_is_told(visitor, platform, citytown):
    page = await visitor(**DESKTOP)
    service = platform.sandbox["service"]
    await page.goto(service)
    await page.get_by_role("button", name="Sign in with a proof of identity (P2)").click()
    await page.get_by_role("button", name=ONE_LOGIN).click()
    await expect(page.locator("main")).not_to_contain_text("proof of identity")
    await choose(page, "Siôn Ŵan ap Llŷr-Gruffŷdd")
    await open_account(page)
    await page.get_by_role("button", name=ONE_LOGIN).click()
    await expect(page.locator("main")).to_contain_text("proof of identity at P2")
    await choose(page, "Siôn Ŵan ap Llŷr-Gruffŷdd")
    await page.get_by_role("button", name="Agree and continue").click()
    await expect(page.locator("h1")).to_have_text("What this service knows about you")
    await axe(page)
    identity = await part(page, "The identity")
    names = [namepart["value"] for namepart in identity["vc"]["credentialSubject"]["name"][0]["nameParts"]]
    assert (identity["vot"], names) == ("P2", ["Siôn", "Ŵan", "ap Llŷr-Gruffŷdd"])
    claims = await part(page, "userinfo")
    assert (claims["email"], claims["email_verified"]) == ("sion@people.example", True)
    [address] = next(value for name, value in claims.items() if name.endswith("/address"))
    path = f"/citytown/address/v1/addresses/{address['uprn']}"
    assert citytown.get(path).json()["postcode"] == address["postalCode"], "the UPRN is of our gazetteer"
    await page.get_by_role("button", name="Sign out").click()
    await page.goto(service)
    await expect(page.locator("h1")).to_have_text("Sign in")


async def test_who_signs_out_of_one_login_is_signed_out_here_within_a_second(visitor, platform):
    page, simulator = await visitor(**DESKTOP), platform.sandbox["upstream"]
    signed_in_there = page.get_by_text("You are signed in with an account that counts at one council only")
    sign_in = f"{platform.gateway}/identity/sign-in"
    await page.goto(f"{sign_in}?council=citytown")
    await page.get_by_role("button", name=ONE_LOGIN).click()
    await choose(page, "Mary Ann Watson")
    await open_account(page)
    await expect(page.locator("h1")).to_have_text(
        "Sign in"
    )  # what the council's provider says opens no account
    await expect(signed_in_there).to_have_count(1)
    other = await page.context.new_page()
    await other.goto(simulator)
    await axe(other)
    await other.get_by_role("button", name="Sign Mary Ann Watson out everywhere").click()
    started_at = time.monotonic()
    await expect(other.get_by_role("button", name="Sign Mary Ann Watson out")).to_have_count(0)
    await page.goto(sign_in)
    await expect(page.locator("h1")).to_have_text("Sign in")
    await expect(signed_in_there).to_have_count(0)
    assert time.monotonic() - started_at < 2, "a second, and the time in which a page is shown"


async def test_who_cannot_be_proven_is_told_and_so_is_the_service(visitor, platform):
    page = await visitor(**PHONE)
    await page.goto(platform.sandbox["service"])
    await axe(page)
    await page.get_by_role("button", name="Sign in with a proof of identity (P2)").click()
    await page.get_by_role("button", name=ONE_LOGIN).click()
    await choose(page, "Nora Lindqvist")
    await open_account(page)
    await page.get_by_role("button", name=ONE_LOGIN).click()
    await choose(page, "Nora Lindqvist")
    await expect(page.locator("h1")).to_contain_text("could not prove who you are")
    await page.get_by_text("Choose another way").click()
    await expect(page.locator("h1")).to_have_text("Prove who you are")
    await page.get_by_text("Not now: go back to the service").click()
    await expect(page.locator("h1")).to_have_text("You are not signed in")
    await expect(page.locator("main")).to_contain_text("access_denied")
    await axe(page)


async def test_staff_come_move_and_leave_by_their_directory(visitor, platform, admin):
    page, upstream = await visitor(**DESKTOP), platform.sandbox["upstream"]
    sign_in = f"{platform.gateway}/identity/sign-in?council=citytown"
    member = tenants()[CITYTOWN].staff["alex"]
    waste = next(
        group_id for group_id, name in tenants()[CITYTOWN].groups.items() if name == "Waste services"
    )

    def roles():
        everybody = admin.get("/citytown/identity/v1/staff", params={"limit": 100}).json()["items"]
        member_ids = [group_id["id"] for group_id in everybody if group_id["external_id"] == member.oid]
        return [
            admin.get(f"/citytown/identity/v1/staff/{group_id}").json()["roles"] for group_id in member_ids
        ]

    assert roles() == []
    await page.goto(sign_in)
    await page.get_by_role("button", name=DIRECTORY).click()
    await choose(page, member.name)
    await expect(page.locator("legend")).to_have_text("Which account do you want to use at work?")
    for name, size in (("phone", PHONE), ("desktop", DESKTOP)):
        await page.set_viewport_size(size["viewport"])
        await axe(page)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=SCREENSHOTS / f"upstream-staff-choice-{name}.png", full_page=True)
    await open_account(page, "A new account, for work alone")
    await expect(page).to_have_url(re.compile("/identity/account"))
    assert roles() == [["council-tax-officer"]]
    async with httpx.AsyncClient(base_url=upstream, trust_env=False) as http:
        path = f"/simulator/staff/{CITYTOWN}/alex"
        assert (await http.post(path, json={"groups": [waste]})).is_success
        again = await visitor(**DESKTOP)
        await again.goto(sign_in)
        await again.get_by_role("button", name=DIRECTORY).click()
        await choose(again, member.name)
        await expect(again).to_have_url(re.compile("/identity/account"))
        assert roles() == [["waste-officer"]]
        assert (await http.post(path, json={"groups": [], "active": False})).is_success
    later_page = await visitor(**DESKTOP)
    await later_page.goto(sign_in)
    await later_page.get_by_role("button", name=DIRECTORY).click()
    await expect(later_page.get_by_label("Priya Raman")).to_be_visible()
    await expect(later_page.get_by_label(member.name)).to_have_count(0)
