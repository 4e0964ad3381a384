"""The card pages in a browser, between the sites of a service and a bank: paid, declined, without scripts."""

import os
import socket

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from chassis.app import create_app
from services.payments.tests.conftest import SEALING_KEY, V1, new_payment, service
from simulators.card_processor.simulator import Simulator
from tests.browser import harness

__all__ = ["service"]
SMALL_PHONE = {**harness.PHONE, "viewport": {"width": 320, "height": 640}}
LONG_NAME = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 2
GOOD_CARD, CHALLENGED_CARD, DECLINED_CARD = "4242424242424242", "4000002500003155", "4000000000000002"


def choose_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
async def bank(tmp_path_factory):
    """The simulated processor, which is the bank as well: another site than the pages'."""
    port = choose_port()
    simulator = Simulator(f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("processor"))
    async with harness.serving(simulator.app, port) as url:
        yield url


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, jwks_url, bank):
    return service.settings(
        database_url=database_url,
        nats_url=nats_url,
        jwks_url=jwks_url,
        issuer=f"http://localhost:{choose_port()}/identity/",
        trace_ratio=0,
        sealing_key=SEALING_KEY,
        sandbox_processor_url=bank,
    )


@pytest.fixture(scope="module")
async def site(service, settings):
    port = int(settings.public_origin.rpartition(":")[2])
    async with harness.serving(create_app(service, settings), port):
        yield settings.public_origin


@pytest.fixture(scope="module")
async def library(site, settings, mint):
    """The site of a service: ``/pay`` has a button to a new payment, ``/paid`` says what came of it."""
    app = FastAPI()
    token = mint(
        scopes=["payments:create", "payments:read"],
        mode="sandbox",
        client_id="library",
        iss=str(settings.issuer),
    )
    headers = {"Authorization": f"Bearer {token}"}
    payments = []

    async with harness.serving(app) as url, httpx.AsyncClient(base_url=site, headers=headers) as client:

        @app.get("/pay", response_class=HTMLResponse)
        async def pay(language: str = "en") -> str:
            body = new_payment(return_url=f"{url}/paid", language=language, description=LONG_NAME)
            payment = (await client.post(V1, json=body)).json()
            payments.append(payment["payment_id"])
            post = payment["_links"]["next_url_post"]
            chosen = post["params"]["chargeTokenId"]
            return f"""<form method="post" action="{post["href"]}">
                <input type="hidden" name="chargeTokenId" value="{chosen}"><button>Pay</button></form>"""

        @app.get("/paid", response_class=HTMLResponse)
        async def paid() -> str:
            payment = (await client.get(f"{V1}/{payments[-1]}")).json()
            return f"<h1>{payment['state']['status']}</h1>"

        yield url


async def picture(tab, name):
    """Photograph the page for whoever wants to look: PAGE_PICTURES names the folder."""
    if folder := os.environ.get("PAGE_PICTURES"):
        await tab.screenshot(path=f"{folder}/{name}.png", full_page=True)


async def fill_card(tab, number):
    """Fill the card page in and send it."""
    fields = {
        "card-no": number,
        "expiry-month": "11",
        "expiry-year": "40",
        "cardholder-name": LONG_NAME,
        "cvc": "123",
        "address-line-1": "1 High Street",
        "address-city": "Citytown",
        "address-postcode": "BA1 1LJ",
        "email": "ann@payer.example",
    }
    for name, text in fields.items():
        await tab.fill(f"#{name}", text)
    await tab.click("#submit-card-details")


@pytest.mark.everyday("payments")
async def test_a_payer_proves_the_card_theirs_and_pays_in_welsh_on_a_small_phone(library, visitor, axe):
    tab = await visitor(**SMALL_PHONE)
    await tab.goto(f"{library}/pay?language=cy")
    await tab.click("button")
    await tab.wait_for_selector("#card-no")
    assert await tab.get_attribute("html", "lang") == "cy"
    await axe(tab)
    await tab.click("#submit-card-details")
    await tab.wait_for_selector(".govuk-error-summary")
    assert await tab.evaluate("document.activeElement.className") == "govuk-error-summary"
    await axe(tab)
    await picture(tab, "card-errors-cy-320")
    await tab.click(".govuk-error-summary a[href='#address-postcode']")
    assert await tab.evaluate("document.activeElement.id") == "address-postcode"
    await fill_card(tab, CHALLENGED_CARD)
    frame = tab.frame_locator(".iframe-3ds")
    await frame.locator("button[value=pass]").wait_for()
    await axe(tab)
    await picture(tab, "challenge-cy-320")
    await frame.locator("button[value=pass]").click()
    await tab.wait_for_selector("#confirm")
    await axe(tab)
    await picture(tab, "confirm-cy-320")
    await tab.dblclick("#confirm")
    await tab.wait_for_selector("h1:has-text('success')")
    await tab.go_back()
    await tab.wait_for_selector(".govuk-panel")
    await axe(tab)
    await picture(tab, "paid-cy-320")
    await tab.click("#return-url")
    await tab.wait_for_selector("h1:has-text('success')")


@pytest.mark.everyday("payments")
async def test_a_payer_whose_card_is_declined_goes_back_and_tries_another(library, page, axe):
    await page.goto(f"{library}/pay")
    await page.click("button")
    await fill_card(page, DECLINED_CARD)
    await page.wait_for_selector("h1:has-text('declined')")
    await axe(page)
    await page.click("#return-url")
    await page.wait_for_selector("h1:has-text('failed')")
    await page.goto(f"{library}/pay")
    await page.click("button")
    await fill_card(page, GOOD_CARD)
    await picture(page, "confirm-en-1280")
    await page.click("#confirm")
    await page.wait_for_selector("h1:has-text('success')")


@pytest.mark.everyday("payments")
async def test_a_payer_without_scripts_proves_the_card_theirs_and_pays(library, visitor):
    tab = await visitor(**harness.DESKTOP, java_script_enabled=False)
    await tab.goto(f"{library}/pay")
    await tab.click("button")
    await fill_card(tab, CHALLENGED_CARD)
    frame = tab.frame_locator(".iframe-3ds")
    await frame.locator("button[value=pass]").click()
    await picture(tab, "returned-en-1280")
    await frame.locator("#leave-frame").click()
    await tab.click("#confirm")
    await tab.wait_for_selector("h1:has-text('success')")


@pytest.mark.parametrize("answer", ["fail", "unavailable"])
async def test_a_bank_that_does_not_know_the_payer_declines(library, page, answer):
    await page.goto(f"{library}/pay")
    await page.click("button")
    await fill_card(page, CHALLENGED_CARD)
    await page.frame_locator(".iframe-3ds").locator(f"button[value={answer}]").click()
    await page.wait_for_selector("#return-url")
    await page.click("#return-url")
    await page.wait_for_selector("h1:text-matches('failed|error')")
