"""Webhooks of payments: Pay's body and signature, and the Standard Webhooks signature beside it."""

import hashlib
import hmac
import json

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook

from chassis.outbound import Outbound
from chassis.testing.servers import Names, trusting
from chassis.webhooks import deliveries
from services.payments.tests.conftest import V1, create

SUBSCRIPTIONS = "/citytown/payments/webhooks/v1/subscriptions"
TYPES = ["card_payment_succeeded", "card_payment_captured", "card_payment_refunded", "card_payment_failed"]


@pytest.fixture
async def subscription(client, key, mint, server, settings, authority, monkeypatch):
    """A subscription of the library's account, whose server is at this machine."""
    outbound = Outbound(trusting(settings, authority), Names(["127.0.0.1"]))
    monkeypatch.setattr(deliveries, "Outbound", lambda _: outbound)
    await create(client, key)  # its account is there from then on
    token = mint(
        scopes=["payments:webhooks"],
        councils=["citytown"],
        mode="sandbox",
        sub="library",
        client_id="library",
    )
    headers = {"Authorization": f"Bearer {token}"}
    body = {"url": server.url, "event_types": TYPES}
    response = await client.post(SUBSCRIPTIONS, json=body, headers=headers)
    assert response.status_code == 201, response.text
    return response.json()


def read_messages(server):
    """Read what the server was sent: headers and body of each request."""
    messages = []
    for request in server.requests:
        head, _, body = request.partition(b"\r\n\r\n")
        pairs = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
        messages.append(({name.lower(): text for name, _, text in pairs}, body))
    return messages


async def test_a_service_hears_what_became_of_its_payment(client, key, subscription, paid, server, run_jobs):
    payment = await paid(metadata={"case": "HF7"})
    await run_jobs()
    url = f"{V1}/{payment['payment_id']}/refunds"
    assert (await client.post(url, json={"amount": 50}, headers=key)).status_code == 202
    await run_jobs()
    bodies = []
    for headers, body in read_messages(server):
        secret = subscription["secret"]
        assert headers["pay-signature"] == hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        Webhook(secret).verify(body, headers)
        bodies.append(json.loads(body))
    assert sorted(body["event_type"] for body in bodies) == sorted(TYPES[:3])
    for body in bodies:
        assert (body["resource_id"], body["resource_type"], body["api_version"]) == (
            payment["payment_id"],
            "payment",
            1,
        )
        assert body["resource"]["metadata"] == {"case": "HF7"}


async def test_a_service_hears_of_a_surcharge_as_pay_shows_it(
    client, subscription, paid, server, run_jobs, database
):
    change = text("UPDATE gateway_account SET settings = settings || CAST(:new AS jsonb) WHERE is_default")
    async with database.writing("citytown") as session:
        await session.execute(change, {"new": '{"corporate_credit_surcharge": 250}'})
    await paid(number="4988080000000000", amount=10_000)
    await run_jobs()
    async with database.writing("citytown") as session:
        await session.execute(change, {"new": '{"corporate_credit_surcharge": 0}'})
    resources = [json.loads(body)["resource"] for _, body in read_messages(server)]
    assert len(resources) == 2
    for resource in resources:
        members = (resource["amount"], resource["corporate_card_surcharge"], resource["total_amount"])
        assert members == (10_000, 250, 10_250)
