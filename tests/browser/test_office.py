"""Finance staff of a town in their office, from the directory of their council to the ledger."""

import httpx
import pytest
from playwright.async_api import expect

from chassis.testing import eventually
from services.payments.tests.conftest import Payer, create
from tests.browser.harness import DESKTOP, PHONE, axe

pytestmark = pytest.mark.timeout(120)
DIRECTORY = "Staff account (simulated directory)"


async def enter_office(page, platform, person):
    """Go to the office and sign in on the way, with a new account for work."""
    await page.goto(f"{platform.gateway}/citytown/payments/office")
    await page.get_by_role("button", name=DIRECTORY).click()
    await page.get_by_label(person).check()
    await page.get_by_role("button", name="Sign in as this person").click()
    await page.get_by_label("A new account, for work alone").check()
    await page.get_by_role("button", name="Continue").click()
    # At http, where another program could claim the redirect URI, people are asked each time.
    await page.get_by_role("button", name="Agree and continue").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Payments")
    await axe(page)


async def pay(platform):
    """Have somebody pay in the sandbox; return the payment's id."""
    key = {"Authorization": f"Bearer {platform.key()}"}
    headers = {"Accept": "text/html"}
    async with httpx.AsyncClient(base_url=platform.gateway, headers=headers, trust_env=False) as http:
        payment = await create(http, key, amount=9_000, reference="OFFICE-1")
        await Payer(http).pay(payment)
    return payment["payment_id"]


async def test_two_of_finance_refund_a_payment_and_sign_out(visitor, platform):
    payment = await pay(platform)
    office = f"{platform.gateway}/citytown/payments/office"
    grace, tom = await visitor(**DESKTOP), await visitor(**PHONE)
    await enter_office(grace, platform, "Grace Okafor")
    await wait_until_captured(grace, f"{office}/payments/{payment}")
    await axe(grace)
    await grace.get_by_role("button", name="Refund this payment").click()
    await grace.get_by_label("How much").fill("60.00")
    await grace.get_by_label("Paid twice").check()
    await axe(grace)
    await grace.get_by_role("button", name="Refund").click()
    await expect(grace.locator("main")).to_contain_text("Somebody else must approve this")

    await enter_office(tom, platform, "Tom Ellis")
    await tom.goto(grace.url)
    await axe(tom)
    await tom.get_by_role("button", name="Approve").click()
    await expect(tom.locator("main")).to_contain_text("Approved")
    for path in (f"/payments/{payment}", "/requests", "/suspense", f"/journals/{payment}", "/takings"):
        await tom.goto(f"{office}{path}")
        await axe(tom)

    await tom.get_by_role("button", name="Sign out").click()
    await expect(tom.get_by_role("heading", level=1)).to_have_text("You have signed out")
    await tom.goto(office)
    await expect(tom.get_by_role("button", name=DIRECTORY)).to_have_count(1)


async def wait_until_captured(page, url):
    """Load a payment's page until the worker has had the money taken."""
    refund = page.get_by_role("button", name="Refund this payment")

    async def is_captured():
        await page.goto(url)
        return await refund.count() == 1

    await eventually(is_captured, within=20, every=0.5)
