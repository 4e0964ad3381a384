"""Residents at citytown's services, through the gateway: from a start page to a reference, and paid."""

import os

import pytest
from playwright.async_api import expect

from tests.browser.harness import DESKTOP, PHONE
from tests.browser.test_card_pages import GOOD_CARD, fill_card

pytestmark = pytest.mark.timeout(120)
POSTCODE = "BA1 1LJ"
HOUSES = range(1, 9)
WAIT = 20_000  # ms: the first page of a process is slow


async def go_on(tab):
    """Press the page's button, and wait for what follows."""
    async with tab.expect_navigation(timeout=WAIT):
        await tab.click("main form button[type=submit]")


async def follow(tab, words):
    async with tab.expect_navigation(timeout=WAIT):
        await tab.click(f"text={words}")


async def picture(tab, name):
    """Photograph the page for whoever wants to look: PAGE_PICTURES names the folder."""
    if folder := os.environ.get("PAGE_PICTURES"):
        await tab.screenshot(path=f"{folder}/{name}.png", full_page=True)


async def start(tab, platform, service, words):
    await tab.goto(f"{platform.gateway}/citytown/services/")
    await follow(tab, words)
    await follow(tab, "Start now")
    assert tab.url.endswith(f"/{service}/address")


async def choose_house(tab, number):
    await tab.fill("#postcode", POSTCODE)
    await go_on(tab)
    await tab.select_option("#uprn", index=number)
    await go_on(tab)


async def choose_bin(tab, platform):
    """Choose a bin that may be reported today: which one depends on the day of the week."""
    root = f"{platform.gateway}/citytown/services/missed-bin"
    for house in HOUSES:
        await choose_house(tab, house)
        await tab.goto(f"{root}/bin")
        bins = await tab.locator("input[name=answer]").evaluate_all("boxes => boxes.map(box => box.value)")
        for value in bins:
            await tab.goto(f"{root}/bin")
            await tab.check(f"input[value={value}]")
            await go_on(tab)
            if tab.url.endswith("/kept"):
                return
        await tab.goto(f"{root}/address?by=search")
    raise AssertionError("no bin of these houses may be reported today")


@pytest.mark.everyday("resident")
async def test_a_missed_bin_is_reported_on_a_phone(visitor, platform, axe):
    tab = await visitor(**PHONE)
    await start(tab, platform, "missed-bin", "Report a missed bin collection")
    await go_on(tab)
    await tab.wait_for_selector(".govuk-error-summary")
    assert await tab.evaluate("document.activeElement.className") == "govuk-error-summary"
    await axe(tab)
    await choose_bin(tab, platform)
    await axe(tab)
    await tab.check("input[value=edge]")
    await go_on(tab)
    assert not await tab.is_visible("#email")
    await tab.check("input[value=email]")
    await tab.fill("#email", "ann@example.org")
    await axe(tab)
    await picture(tab, "contact-en-360")
    await go_on(tab)
    await expect(tab.locator("h1")).to_have_text("Check your answers")
    await expect(tab.locator("main")).to_contain_text("ann@example.org")
    await axe(tab)
    await picture(tab, "check-en-360")
    await tab.dblclick("main form button[type=submit]")
    await expect(tab.locator(".govuk-panel")).to_contain_text("Your reference", timeout=WAIT)
    await expect(tab.locator(".govuk-panel")).not_to_contain_text("<")
    await axe(tab)
    await picture(tab, "done-en-360")
    await tab.go_back()
    await expect(tab.locator(".govuk-panel")).to_contain_text("Your reference")


@pytest.mark.everyday("resident")
async def test_garden_waste_is_paid_by_card_in_welsh_without_scripts(visitor, platform):
    tab = await visitor(**DESKTOP, java_script_enabled=False)
    await tab.goto(f"{platform.gateway}/citytown/services/garden-waste/?lang=cy")
    await follow(tab, "Dechrau nawr")
    await choose_house(tab, 9)
    await tab.fill("#answer", "2")
    await go_on(tab)
    await tab.fill("#answer", "0")
    await go_on(tab)
    await tab.fill("#answer", "Ann Rees")
    await go_on(tab)
    await tab.check("input[value=email]")
    await tab.fill("#email", "ann@example.org")
    await go_on(tab)
    await tab.check("input[value=yes]")
    await go_on(tab)
    await expect(tab.locator("h1")).to_have_text("Gwiriwch eich atebion")
    await expect(tab.locator("main")).to_contain_text("£104.00")
    await picture(tab, "check-cy-1280")
    await go_on(tab)
    await picture(tab, "pay-cy-1280")
    await go_on(tab)
    await fill_card(tab, GOOD_CARD)
    await tab.click("#confirm")
    await expect(tab.locator(".govuk-panel")).to_be_visible(timeout=WAIT)
    await picture(tab, "paid-cy-1280")
