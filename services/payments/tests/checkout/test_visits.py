"""Who sees a payment's pages, and what happens once when a payer does it twice."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from payments.payments.actions import payer as payer_actions
from services.payments.tests.checkout.conftest import idempotent
from services.payments.tests.conftest import Payer, create, get, page_of


@pytest.fixture
async def other_payer(app, client):
    """A payer in another browser."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test.invalid") as other_client:
        yield Payer(other_client)


def heading_of(page):
    return page.text.partition("<h1")[2].partition(">")[2].partition("<")[0].strip()


async def test_a_link_opens_a_payment_once_and_the_payment_has_a_new_one(client, key, payer, other_payer):
    payment = await create(client, key)
    await payer.open(payment)
    page = await other_payer.open(payment)
    assert (page.status_code, heading_of(page)) == (404, "This link cannot be used")
    again = await get(client, key, payment)
    assert again["_links"]["next_url"] != payment["_links"]["next_url"]
    assert heading_of(await other_payer.open(again)) == "Enter card details"


async def test_the_browser_that_opened_a_payment_may_follow_the_link_again(client, key, payer):
    payment = await create(client, key)
    await payer.open(payment)
    assert heading_of(await payer.open(payment)) == "Enter card details"


async def test_the_latest_browser_alone_sees_the_payment(client, key, payer, other_payer):
    payment = await create(client, key)
    await payer.open(payment)
    await payer.enter_card(payment)
    await other_payer.open(await get(client, key, payment))
    page = await payer.confirm(payment)
    assert (page.status_code, heading_of(page)) == (403, "We cannot show this payment here")
    assert (await payer.get(page_of(payment))).status_code == 403
    assert heading_of(other_payer.page) == "Confirm your payment"
    await other_payer.confirm(payment)
    assert (await get(client, key, payment))["state"]["status"] == "success"


@pytest.mark.parametrize(
    "forge", [lambda cookie: "2" + cookie[1:], lambda cookie: cookie[:-1], lambda cookie: "²" + cookie[1:]]
)
async def test_a_forged_cookie_shows_nothing(client, key, payer, forge):
    payment = await create(client, key)
    await payer.open(payment)
    name = f"payment-{payment['payment_id']}"
    forged = forge(client.cookies[name]).encode()
    page = await client.get(page_of(payment), headers={b"Cookie": name.encode() + b"=" + forged})
    assert page.status_code == 403


async def test_a_forged_link_opens_nothing(client, key):
    payment = await create(client, key)
    token = payment["_links"]["next_url_post"]["params"]["chargeTokenId"]
    forged = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    for link in (forged, "x", "x" * 80, token[:27] + "é" * 32):
        assert (await client.get(f"/citytown/payments/secure/{link}")).status_code == 404
    assert (await client.get(f"/hillshire/payments/secure/{token}")).status_code == 404


async def test_a_double_click_and_a_second_tab_authorise_once(client, key, payer, list_authorisations):
    payment = await create(client, key)
    await payer.open(payment)
    pages = await asyncio.gather(*(payer.enter_card(payment) for _ in range(4)))
    assert {page.status_code for page in pages} == {200}
    late = await payer.enter_card(payment, "4000000000000002")  # in the other tab
    assert heading_of(late) == "Confirm your payment"
    assert len(await list_authorisations(payment)) == 1


async def test_going_back_after_paying_pays_nothing_again(client, key, payer, run_jobs, list_authorisations):
    payment = await create(client, key)
    await payer.pay(payment)
    assert heading_of(await payer.get(page_of(payment))) == "Payment successful"
    assert heading_of(await payer.confirm(payment)) == "Payment successful"
    assert heading_of(await payer.cancel(payment)) == "Payment successful"
    await run_jobs()
    (authorisation,) = await list_authorisations(payment)
    assert authorisation["captured_amount"] == 1_450


async def test_a_slow_processor_is_waited_for_and_asked_once(
    client, key, payer, run_jobs, fail, list_authorisations, monkeypatch
):
    monkeypatch.setattr(payer_actions, "PATIENCE", 0.3)
    payment = await create(client, key)
    await payer.open(payment)
    await fail("authorise", "slow", seconds=1)
    page = await payer.enter_card(payment)
    assert heading_of(page) == "We are waiting for your bank"
    assert 'http-equiv="refresh"' not in page.text
    assert heading_of(await payer.enter_card(payment)) == "We are waiting for your bank"
    await run_jobs(after=timedelta(minutes=1))
    assert heading_of(await payer.get(page_of(payment))) == "Confirm your payment"
    assert len(await list_authorisations(payment)) == 1


async def test_a_processor_that_is_down_is_waited_for(
    client, key, payer, run_jobs, fail, merchant, list_authorisations
):
    payment = await create(client, key, language="cy")
    await payer.open(payment)
    await fail("authorise", "error-before", count=1_000)
    assert heading_of(await payer.enter_card(payment)) == "Rydym yn aros am eich banc"
    await run_jobs(after=timedelta(minutes=1))
    assert heading_of(await payer.get(page_of(payment))) == "Rydym yn aros am eich banc"
    await merchant.request("DELETE", "/control/faults", headers=idempotent())
    await run_jobs(after=timedelta(minutes=30))
    assert heading_of(await payer.get(page_of(payment))) == "Cadarnhewch eich taliad"
    assert len(await list_authorisations(payment)) == 1
