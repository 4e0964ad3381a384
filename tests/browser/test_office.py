"""Finance staff of a town in their office, from the directory of their council to the ledger."""

from typing import get_args

import httpx
import pytest
from playwright.async_api import expect

from chassis.testing import eventually
from payments.office.routes.access import LimitScope
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
    # Somebody who was here before has an account by now. Nobody is asked whether their council may know them.
    home = page.get_by_role("heading", level=1, name="Payments", exact=True)
    new_account = page.get_by_label("A new account, for work alone")
    await expect(home.or_(new_account)).to_be_visible()
    if await new_account.is_visible():
        await new_account.check()
        await page.get_by_role("button", name="Continue").click()
    await expect(home).to_be_visible()
    await axe(page)


async def pay(platform):
    """Have somebody pay in the sandbox; return the payment's id."""
    key = {"Authorization": f"Bearer {platform.key()}"}
    headers = {"Accept": "text/html"}
    async with httpx.AsyncClient(base_url=platform.gateway, headers=headers, trust_env=False) as http:
        payment = await create(http, key, amount=9_000, reference="OFFICE-1")
        await Payer(http).pay(payment)
    return payment["payment_id"]


async def set_limits(platform):
    """Let finance give back £50 alone: other tests of the same platform may have set other limits."""
    headers = {"Authorization": f"Bearer {platform.key()}"}
    base = f"{platform.gateway}/citytown/payments/office/v1/limits"
    async with httpx.AsyncClient(headers=headers, trust_env=False) as http:
        for scope in get_args(LimitScope):
            response = await http.put(f"{base}/{scope}", json={"refund": 5_000, "daily": 50_000})
            assert response.status_code == 200, response.text


async def test_two_of_finance_refund_a_payment_and_sign_out(visitor, platform):
    await set_limits(platform)
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


async def test_two_at_the_counter_take_count_check_and_bank(visitor, platform):
    office = f"{platform.gateway}/citytown/payments/office"
    grace, tom = await visitor(**DESKTOP), await visitor(**PHONE)
    await enter_office(grace, platform, "Grace Okafor")
    await grace.goto(f"{office}/tills")
    await axe(grace)
    await grace.get_by_role("button", name="Open a till").click()
    await grace.get_by_label("Civic Centre").check()
    await grace.get_by_label("How much is in it").fill("50.00")
    await axe(grace)
    await grace.get_by_role("button", name="Open the till").click()
    till = grace.url
    await grace.get_by_role("button", name="Take cash").click()
    await axe(grace)
    await grace.get_by_label("Fund").first.select_option(label="23 Council tax")
    await grace.get_by_label("Reference").first.fill("800123459")
    await grace.get_by_label("Amount in pounds").first.fill("25.00")
    await grace.get_by_label("Cash you are given").fill("30.00")
    await grace.get_by_role("button", name="Take the cash").click()
    await expect(grace.locator("main")).to_contain_text("Change to give: £5.00")
    await axe(grace)
    await grace.get_by_role("button", name="Print").click()
    await expect(grace.locator("main")).to_contain_text("This is not a VAT invoice")
    await axe(grace)

    await grace.goto(till)
    await grace.get_by_role("button", name="Count the till").click()
    await axe(grace)
    await grace.get_by_label("£20", exact=True).fill("3")
    await grace.get_by_role("button", name="I have counted all of it").click()
    await expect(grace.locator("main")).to_contain_text("Short")
    await grace.get_by_label("Wrong change").check()
    await axe(grace)
    await grace.get_by_role("button", name="Book the difference").click()
    await expect(grace.locator("main")).to_contain_text("Somebody else must check it")

    await enter_office(tom, platform, "Tom Ellis")
    await tom.goto(till)
    await axe(tom)
    await tom.get_by_role("button", name="Accept the difference").click()
    await tom.get_by_role("button", name="Bank it").click()
    await tom.get_by_label("£10.00, Civic Centre").check()
    await tom.get_by_label("Paying-in number").fill("500123")
    await axe(tom)
    await tom.get_by_role("button", name="Bank it").click()
    await expect(tom.locator("main")).to_contain_text("Not seen yet")
    await axe(tom)
    await tom.goto(f"{office}/e-returns")
    await axe(tom)
