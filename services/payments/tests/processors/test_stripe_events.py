"""Stripe's events: signed, hints, and of live mode only."""

import asyncio
import time

import stripe as stripe_library
from sqlalchemy import text

from chassis import ids
from services.payments.tests.conftest import create
from services.payments.tests.processors.conftest import WEBHOOK_SECRET, make_event, sign

SANDBOX = text("SELECT id FROM gateway_account WHERE council = 'citytown' AND mode = 'sandbox'")


def signed_at(body, at, secret=WEBHOOK_SECRET):
    return sign(body, secret, at)


def test_our_signatures_are_what_the_official_library_takes():
    """The independent client: tests sign by the published scheme, the library reads them."""
    body = make_event("charge.captured", id="ch_1", payment_intent="pi_1")
    event = stripe_library.Webhook.construct_event(body, sign(body)["Stripe-Signature"], WEBHOOK_SECRET)
    assert event.type == "charge.captured"


async def test_forged_old_and_foreign_events_are_refused_alike(live, account, notify):
    body = make_event("charge.dispute.created", id="du_1")
    good = sign(body)["Stripe-Signature"]
    attempts = [
        {},
        {"Stripe-Signature": ""},
        {"Stripe-Signature": "t=,v1="},
        {"Stripe-Signature": "t=soon,v1=00"},
        {"Stripe-Signature": good.replace("v1=", "v0=")},
        {"Stripe-Signature": good[:-1] + ("0" if good[-1] != "0" else "1")},
        signed_at(body, time.time() - 600),
        signed_at(body, None, "whsec_of_another_account"),
        sign(body + " "),
    ]
    answers = [await notify(body, headers or {"X-Nothing": "1"}) for headers in attempts]
    answers.append(await notify(body, council="hillshire"))
    answers.append(await notify(body, to=ids.new()))
    answers.append(await notify(b"\xff\xfe", {"Stripe-Signature": good}))
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "wrong-signature")}
    assert live.stripe.list_requests("GET", "/du_1") == []


async def test_a_secret_that_was_rolled_is_taken_beside_the_former_one(live, notify):
    """Stripe signs with both for a day: one of the signatures is enough."""
    body = make_event("charge.dispute.created", id="du_2")
    at = int(time.time())
    former, current = (
        sign(body, secret, at)["Stripe-Signature"] for secret in ("whsec_former", WEBHOOK_SECRET)
    )
    header = f"{former},{current.partition(',')[2]}"
    assert (await notify(body, {"Stripe-Signature": header})).status_code == 204


async def test_events_that_nobody_needs_are_accepted(live, notify):
    for body in (
        "{}",
        "[]",
        "{",
        make_event("payout.paid", id="po_1"),
        make_event("charge.captured", id="ch"),
    ):
        assert (await notify(body)).status_code == 204
    assert live.stripe.requests == []


async def test_an_event_of_stripes_test_mode_says_nothing_of_live_money(live, notify):
    payment = await live.create()
    session = await live.open(payment)
    live.stripe.pay(session)
    live.stripe.requests.clear()
    body = make_event("checkout.session.completed", livemode=False, id=session)
    assert (await notify(body)).status_code == 204
    assert live.stripe.requests == []
    assert (await live.status(payment))["status"] == "started"


async def test_what_an_event_claims_is_not_believed(live, notify, live_balances):
    payment = await live.create()
    session = await live.open(payment)
    claims = {"status": "complete", "payment_status": "paid", "payment_intent": "pi_made_up"}
    await notify(make_event("checkout.session.completed", id=session, **claims))
    assert (await live.status(payment))["status"] == "started"
    before = await live_balances()
    for kind in ("charge.captured", "refund.updated", "charge.dispute.closed"):
        await notify(make_event(kind, id="nothing_of_the_kind", payment_intent="pi_made_up", amount=9))
    assert await live_balances() == before


async def test_events_that_come_twice_and_late_change_nothing_twice(live, notify, live_balances):
    payment = await live.create(amount=2_200)
    session = await live.open(payment)
    live.stripe.pay(session)
    before = (await live_balances()).get("clearing", 0)
    body = make_event("checkout.session.completed", id=session)
    for _ in range(2):
        await asyncio.gather(*(notify(body) for _ in range(4)))
    captured = make_event("charge.captured", id="ch", payment_intent=(await live.get(payment))["provider_id"])
    await notify(captured)
    await notify(make_event("checkout.session.expired", id=session))
    assert (await live.status(payment))["status"] == "success"
    assert (await live_balances())["clearing"] == before + 2_200
    assert len(live.stripe.list_requests("POST", "/capture")) == 1


async def test_a_live_accounts_secret_opens_nothing_of_the_sandbox(live, client, key, notify, database):
    await create(client, key)
    await live.run_jobs()
    async with database.reading("citytown") as session:
        sandbox = await session.scalar(SANDBOX)
    body = make_event("charge.captured", id="ch", payment_intent="pi_1")
    assert (await notify(body, to=sandbox)).status_code == 401
