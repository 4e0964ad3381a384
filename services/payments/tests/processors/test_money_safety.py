"""Money at Stripe: what is asked again acts once, and what races gives back what was paid and no more."""

import asyncio
import time
from datetime import timedelta

import pytest

from services.payments.tests.conftest import V1, new_payment
from services.payments.tests.processors.conftest import make_event

SOON, HOURS = timedelta(minutes=16), timedelta(hours=3)
FAULTS = ["lost", "broken", "before"]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_page_whose_answer_is_lost_is_opened_once(live, fault):
    payment = await live.create()
    live.stripe.break_next("POST", "/checkout/sessions", fault)
    page = await live.payer.open(payment)
    assert "waiting for the payment provider" in page.text
    assert (await live.status(payment))["status"] == "started"
    await live.run_jobs(after=SOON)
    response = await live.open_page(payment)
    assert response.headers["location"].startswith("https://checkout.stripe.test/")
    mine = [item for item in live.stripe.list_all("checkout.session")
            if item["_params"]["client_reference_id"] == payment["payment_id"]]  # fmt: skip
    assert len(mine) == 1
    assert len({item["key"] for item in live.stripe.list_requests("POST", "/checkout/sessions")}) == 1


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_capture_whose_answer_is_lost_is_made_once(live, live_balances, fault):
    before = (await live_balances()).get("clearing", 0)
    payment = await live.create(amount=3_000)
    live.stripe.break_next("POST", "/capture", fault)
    await live.pay(payment)
    await live.run_jobs()
    await live.run_jobs(after=SOON)
    assert (await live.get(payment))["settlement_summary"]["captured_date"]
    assert (await live_balances())["clearing"] == before + 3_000
    assert len({item["key"] for item in live.stripe.list_requests("POST", "/capture")}) == 1


async def test_a_capture_is_found_when_stripe_has_forgotten_its_key(live):
    payment = await live.create()
    live.stripe.break_next("POST", "/capture", "broken")
    await live.pay(payment)
    await live.run_jobs()
    live.stripe.keys.clear()
    await live.run_jobs(after=SOON)
    assert (await live.get(payment))["settlement_summary"]["captured_date"]


@pytest.mark.parametrize("forgets", [False, True])
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_refund_whose_answer_is_lost_is_made_once(live, live_balances, fault, forgets):
    payment = await live.paid(amount=2_000)
    before = (await live_balances())["clearing"]
    live.stripe.break_next("POST", "/refunds", fault)
    answer = await live.refund(payment, 700, **{"Idempotency-Key": f"refund-{payment['payment_id']}"})
    assert (answer.status_code, answer.json()["status"]) == (202, "submitted")
    if forgets:
        live.stripe.keys.clear()
    await live.run_jobs(after=SOON)
    mine = [
        item for item in live.stripe.list_all("refund") if item["payment_intent"] == payment["provider_id"]
    ]
    assert [item["amount"] for item in mine] == [700]
    assert (await live_balances())["clearing"] == before - 700
    url = f"{V1}/{payment['payment_id']}/refunds/{answer.json()['refund_id']}"
    assert (await live.client.get(url, headers=live.key)).json()["status"] == "success"


async def test_racing_refunds_give_back_what_was_paid_and_no_more(live):
    payment = await live.paid(amount=1_000)
    answers = await asyncio.gather(*(live.refund(payment, 300) for _ in range(12)))
    await live.run_jobs(after=SOON)
    assert sorted(answer.status_code for answer in answers) == [202] * 3 + [400] * 9
    mine = [
        item for item in live.stripe.list_all("refund") if item["payment_intent"] == payment["provider_id"]
    ]
    assert sum(item["amount"] for item in mine) == 900


async def test_a_refund_that_stripe_refuses_is_undone(live, live_balances):
    payment = await live.paid(amount=1_000)
    before = await live_balances()
    live.stripe._set(payment["provider_id"], status="canceled")
    answer = await live.refund(payment, 100)
    assert answer.json()["status"] == "error"
    assert await live_balances() == before
    assert (await live.get(payment))["refund_summary"]["amount_available"] == 1_000


async def test_a_refund_that_stripe_makes_later_is_confirmed_by_what_stripe_says(live, notify):
    payment = await live.paid(amount=1_000)
    original = live.stripe._post_refunds
    live.stripe._post_refunds = lambda params: live.stripe._set(original(params)["id"], status="pending")
    try:
        answer = await live.refund(payment, 100)
    finally:
        del live.stripe._post_refunds
    assert answer.json()["status"] == "submitted"
    (refund,) = [item for item in live.stripe.list_all("refund")
                 if item["payment_intent"] == payment["provider_id"]]  # fmt: skip
    live.stripe._set(refund["id"], status="succeeded")
    await notify(make_event("refund.updated", id=refund["id"]))
    url = f"{V1}/{payment['payment_id']}/refunds/{answer.json()['refund_id']}"
    assert (await live.client.get(url, headers=live.key)).json()["status"] == "success"


async def test_what_a_payer_held_while_the_payment_was_ended_is_let_go(live):
    """The payer pays on a page whose payment is over: the page closes too late."""
    payment = await live.create()
    session = await live.open(payment)
    await live.client.post(f"{V1}/{payment['payment_id']}/cancel", headers=live.key)
    intent = live.stripe.pay(session)
    live.stripe.break_next("POST", "/expire", "before")
    live.stripe.break_next("POST", "/cancel", "broken")
    await live.run_jobs()
    await live.run_jobs(after=HOURS)
    assert live.stripe.objects[intent["id"]]["status"] == "canceled"
    assert (await live.status(payment))["code"] == "P0040"


async def test_stripe_being_away_does_not_expire_a_payment_that_was_paid(live):
    payment = await live.create()
    session = await live.open(payment)
    live.stripe.pay(session)
    for _ in range(3):
        live.stripe.break_next("GET", session, "before")
    await live.run_jobs(after=HOURS)
    assert not live.stripe.faults
    assert (await live.status(payment))["status"] == "success"


async def set_up(live, **members):
    """Create an agreement whose first payment is paid; return its id."""
    agreement = {"reference": "R-1", "description": "Garden waste, each year"}
    url = "/citytown/payments/v1/agreements"
    agreement_id = (await live.client.post(url, json=agreement, headers=live.key)).json()["agreement_id"]
    payment = await live.create(set_up_agreement=agreement_id, **members)
    await live.pay(payment)
    await live.run_jobs()
    answer = (await live.client.get(f"{url}/{agreement_id}", headers=live.key)).json()
    assert answer["status"] == "active"
    return agreement_id


async def take(live, agreement_id, key=None):
    body = new_payment(authorisation_mode="agreement", agreement_id=agreement_id, amount=4_000)
    del body["return_url"]
    headers = {**live.key, **({"Idempotency-Key": key} if key else {})}
    answer = await live.client.post(V1, json=body, headers=headers)
    assert answer.status_code in {200, 201}, answer.text
    await live.run_jobs()
    return await live.get(answer.json())


async def come_back(live, set_clock, *, a_day_later):
    """Have the worker try again: soon, or when Stripe has forgotten the key."""
    if a_day_later:
        live.stripe.keys.clear()
        set_clock(time.time() + 86_400)
    await live.run_jobs(after=SOON)
    set_clock(time.time())


@pytest.mark.parametrize("amount", [1_450, 0])
async def test_a_later_payment_of_an_agreement_is_taken_from_the_card_that_stripe_keeps(live, amount):
    agreement_id = await set_up(live, amount=amount)
    payment = await take(live, agreement_id)
    assert payment["state"]["status"] == "success"
    (request,) = live.stripe.list_requests("POST", "/payment_intents")
    assert (request["params"]["off_session"], request["params"]["confirm"]) == ("true", "true")
    assert live.stripe.objects[request["params"]["customer"]]["object"] == "customer"
    assert live.stripe.objects[payment["provider_id"]]["status"] == "succeeded"


@pytest.mark.parametrize(
    ("decline", "can_retry"), [("insufficient_funds", True), ("authentication_required", False)]
)
async def test_a_later_payment_that_is_declined_says_whether_another_may_succeed(live, decline, can_retry):
    agreement_id = await set_up(live)
    live.stripe.decline = decline
    payment = await take(live, agreement_id)
    assert (payment["state"]["code"], payment["state"]["can_retry"]) == ("P0010", can_retry)
    url = f"/citytown/payments/v1/agreements/{agreement_id}"
    status = (await live.client.get(url, headers=live.key)).json()["status"]
    assert status == ("active" if can_retry else "inactive")


@pytest.mark.parametrize("forgets", [False, True])
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_later_payment_whose_answer_is_lost_is_taken_once(live, set_clock, fault, forgets):
    agreement_id = await set_up(live)
    live.stripe.break_next("POST", "/payment_intents", fault)
    payment = await take(live, agreement_id, key=f"later-{fault}-{forgets}")
    await come_back(live, set_clock, a_day_later=forgets)
    assert (await live.get(payment))["state"]["status"] == "success"
    reference = {"townhall_reference": payment["payment_id"]}
    mine = [item for item in live.stripe.list_all("payment_intent") if item.get("metadata") == reference]
    assert len(mine) == 1


async def test_a_decline_that_was_not_heard_is_found_a_day_later(live, set_clock):
    agreement_id = await set_up(live)
    live.stripe.decline = "stolen_card"
    live.stripe.break_next("POST", "/payment_intents", "broken")
    payment = await take(live, agreement_id)
    live.stripe.decline = None
    await come_back(live, set_clock, a_day_later=True)
    state = (await live.get(payment))["state"]
    assert (state["status"], state["code"], state["can_retry"]) == ("failed", "P0010", False)
    assert len(live.stripe.list_requests("POST", "/payment_intents")) == 1
