"""A live payment on Stripe's own page: there, back, given up, left, expired."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from services.payments.tests.conftest import ACCEPT_HTML, GOOD_CARD, V1, new_payment, page_of
from services.payments.tests.processors.conftest import make_event

HOURS = timedelta(hours=3)


async def test_a_live_payment_is_paid_on_stripes_page_and_captured(live, live_balances, sent_messages):
    before = await live_balances()
    payment = await live.create(amount=5_500)
    assert payment["payment_provider"] == "stripe"
    session = await live.open(payment)
    params = live.stripe.objects[session]["_params"]
    assert params["line_items"]["0"]["price_data"]["unit_amount"] == "5500"
    assert params["payment_intent_data"]["capture_method"] == "manual"
    assert (await live.get(payment))["state"] == {"status": "started", "finished": False}
    intent = live.stripe.pay(session)
    response = await live.come_back(session)
    assert response.headers["location"] == payment["return_url"]
    assert (await live.status(payment))["status"] == "success"
    await live.run_jobs()
    answer = await live.get(payment)
    assert answer["provider_id"] == intent["id"]
    assert answer["settlement_summary"]["captured_date"]
    assert answer["fee"] == 42
    assert answer["email"] == "ann@payer.example"
    details = {name: value for name, value in answer["card_details"].items() if value is not None}
    assert details == {
        "card_brand": "Visa",
        "card_type": "credit",
        "last_digits_card_number": "4242",
        "expiry_date": "11/40",
        "cardholder_name": "Ann Payer",
        "billing_address": {
            "line1": "1 High Street",
            "city": "Citytown",
            "postcode": "BA1 1LJ",
            "country": "GB",
        },
    }
    assert len(await sent_messages("ann@payer.example")) == 1
    assert (await live_balances())["clearing"] == before.get("clearing", 0) + 5_500
    assert live.stripe.objects[intent["id"]]["status"] == "succeeded"


@pytest.mark.parametrize("language", ["en", "cy"])
async def test_a_payment_has_words_in_its_language_on_stripes_page_and_after_it(live, language):
    payment = await live.create(language=language, description="Llyfr coll")
    session = await live.open(payment)
    params = live.stripe.objects[session]["_params"]
    words = params.get("custom_text", {}).get("submit", {}).get("message", "")
    assert ("Gymraeg" in words) == (language == "cy")
    assert params["line_items"]["0"]["price_data"]["product_data"]["name"] == "Llyfr coll"
    page = await live.give_up(session)
    assert page.headers["content-language"] == language
    assert ("Your payment has been cancelled" in page.text) == (language == "en")


async def test_a_delayed_capture_waits_for_the_service(live):
    payment = await live.create(delayed_capture=True)
    await live.pay(payment)
    await live.run_jobs()
    answer = await live.get(payment)
    assert answer["state"]["status"] == "capturable"
    intent = live.stripe.objects[answer["provider_id"]]
    assert intent["status"] == "requires_capture"
    response = await live.client.post(f"{V1}/{payment['payment_id']}/capture", headers=live.key)
    assert response.status_code == 204
    await live.run_jobs()
    assert intent["status"] == "succeeded"


@pytest.mark.parametrize("paid_first", [False, True])
async def test_a_payer_who_gives_up_on_stripes_page_is_believed_unless_they_had_paid(live, paid_first):
    payment = await live.create()
    session = await live.open(payment)
    if paid_first:
        live.stripe.pay(session)
    page = await live.give_up(session)
    await live.run_jobs()
    if paid_first:
        assert (await live.status(payment))["status"] == "success"
        return
    assert "cancelled" in page.text
    state = await live.status(payment)
    assert (state["status"], state["code"]) == ("failed", "P0030")
    assert live.stripe.objects[session]["status"] == "expired"


async def test_no_other_site_and_no_other_browser_gives_a_payment_up(live):
    payment = await live.create()
    session = await live.open(payment)
    forged = await live.client.get(f"{page_of(payment)}/gave-up/{'0' * 64}")
    assert forged.status_code == 404
    live.client.cookies.clear()
    assert (await live.give_up(session)).status_code == 403
    assert (await live.status(payment))["status"] == "started"


async def test_coming_back_without_having_paid_is_no_payment(live):
    payment = await live.create()
    session = await live.open(payment)
    response = await live.come_back(session)
    assert response.headers["location"].endswith(f"/c/pay/{session}#fid")
    assert (await live.status(payment))["status"] == "started"
    assert len(live.stripe.list_requests("POST", "/checkout/sessions")) == 1


async def test_a_payer_who_closes_the_tab_has_paid_when_stripe_says_so(live, notify):
    payment = await live.create()
    session = await live.open(payment)
    live.stripe.pay(session)
    assert (await live.status(payment))["status"] == "started"
    answer = await notify(make_event("checkout.session.completed", id=session))
    assert answer.status_code == 204
    assert (await live.status(payment))["status"] == "success"


async def test_a_payer_who_closes_the_tab_has_paid_even_if_nobody_says_so(live):
    """The webhook is lost. Before the payment ends, Stripe is asked."""
    payment = await live.create()
    live.stripe.pay(await live.open(payment))
    await live.run_jobs(after=HOURS)
    assert (await live.status(payment))["status"] == "success"
    assert live.stripe.objects[(await live.get(payment))["provider_id"]]["status"] == "succeeded"


async def test_a_payment_that_nobody_finishes_expires_and_closes_stripes_page(live):
    payment = await live.create()
    session = await live.open(payment)
    await live.run_jobs(after=HOURS)
    state = await live.status(payment)
    assert (state["status"], state["code"]) == ("failed", "P0020")
    assert live.stripe.objects[session]["status"] == "expired"
    assert "expired" in (await live.open_page(payment)).text


async def test_a_session_that_ended_at_stripe_ends_the_payment(live, notify):
    payment = await live.create()
    session = await live.open(payment)
    live.stripe.expire(session)
    await notify(make_event("checkout.session.expired", id=session))
    state = await live.status(payment)
    assert (state["status"], state["code"]) == ("failed", "P0020")


@pytest.mark.parametrize("paid_first", [False, True])
async def test_a_service_that_cancels_takes_no_money(live, paid_first):
    payment = await live.create()
    session = await live.open(payment)
    intent = live.stripe.pay(session) if paid_first else None
    response = await live.client.post(f"{V1}/{payment['payment_id']}/cancel", headers=live.key)
    assert response.status_code == 204
    await live.run_jobs()
    assert (await live.status(payment))["code"] == "P0040"
    if intent:
        assert live.stripe.objects[intent["id"]]["status"] == "canceled"
    else:
        assert live.stripe.objects[session]["status"] == "expired"


async def test_a_live_payment_has_no_card_form_even_while_stripe_is_away(live):
    payment = await live.create()
    await live.open(payment)
    page = await live.open_page(payment)
    assert page.status_code == 303
    assert 'name="cardNo"' not in page.text
    fresh = await live.create()
    live.stripe.break_next("POST", "/sessions", "before")
    waiting = await live.payer.open(fresh)
    assert "payment provider" in waiting.text
    welsh = await live.client.get(f"{page_of(fresh)}?lang=cy", headers=ACCEPT_HTML)
    assert "Rydym yn aros am y darparwr taliadau" in welsh.text
    assert GOOD_CARD not in waiting.text
    await live.run_jobs(after=timedelta(minutes=2))
    assert (await live.open_page(fresh)).headers["location"].startswith("https://checkout.stripe.test/")


async def test_a_card_sent_to_a_live_payment_is_not_looked_at(live, client, key, payer):
    """The link is open and Stripe's page is not yet: the moment in which the sandbox takes a card."""
    await payer.open((await client.post(V1, json=new_payment(), headers=key)).json())
    payment = await live.create()
    await client.get(urlsplit(payment["_links"]["next_url"]["href"]).path)
    form = {"csrf": payer.token, "cardNo": GOOD_CARD, "expiryMonth": "11", "expiryYear": "40", "cvc": "123"}
    response = await client.post(page_of(payment), data=form)
    assert (response.status_code, response.headers["location"]) == (303, page_of(payment))
    row = await live.get(payment)
    assert (row["state"]["status"], row.get("card_details"), row.get("provider_id")) == (
        "started",
        None,
        None,
    )
    assert live.stripe.requests == []


async def test_two_tabs_of_a_payment_lead_to_one_page_of_stripe(live):
    payment = await live.create()
    session = await live.open(payment)
    again = await live.open_page(payment)
    assert again.headers["location"].endswith(f"{session}#fid")
    assert len(live.stripe.list_requests("POST", "/checkout/sessions")) == 1


async def test_what_stripe_will_not_take_is_refused_when_the_payment_is_created(live):
    small = await live.client.post(V1, json=new_payment(amount=29), headers=live.key)
    assert (small.status_code, small.json()["code"], small.json()["field"]) == (422, "P0102", "amount")
    assert "30" in small.json()["description"]
    by_telephone = await live.client.post(V1, json=new_payment(moto=True), headers=live.key)
    assert (by_telephone.status_code, by_telephone.json()["code"]) == (422, "P0196")


async def test_a_description_with_no_end_and_an_odd_address_do_not_stop_a_payer(live):
    payment = await live.create(description="d" * 255, email="odd@localhost")
    params = live.stripe.objects[await live.open(payment)]["_params"]
    assert len(params["line_items"]["0"]["price_data"]["product_data"]["name"]) == 250
    assert "customer_email" not in params


async def test_every_request_names_the_version_of_the_api_and_the_accounts_own_key(live):
    await live.paid()
    assert {item["version"] for item in live.stripe.requests} == {"2026-10-28.endive"}
    assert {item["secret"] for item in live.stripe.requests} == set(live.stripe.merchants)
    assert all(item["key"] for item in live.stripe.requests if item["method"] == "POST")
