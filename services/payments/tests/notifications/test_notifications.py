"""Notifications of a processor: what completes later, and what forged, repeated and late ones do not do."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook

from chassis import ids
from payments.gateway_accounts.actions import accounts
from services.payments.tests.conftest import V1, create, get, page_of

CHALLENGED_CARD = "4000002500003155"


def address(merchant, council="citytown"):
    return f"/{council}/payments/notifications/{merchant.account}"


@pytest.fixture
async def secret(notify, merchant, database, settings):
    """The secret of the account's notifications."""
    async with database.reading("citytown") as session:
        return await accounts.find_webhook_secret(session, settings, "citytown", ids.read(merchant.account))


@pytest.fixture
async def settings_of(merchant):
    """Make a function that changes the processor's settings for a test."""

    async def change(**settings):
        await merchant.send("PATCH", "/control/settings", **settings)

    yield change
    await change(capture_delay=0, refund_delay=0)


@pytest.fixture
def later(client, key, notify, merchant, settings_of, run_jobs):
    """What a test needs in which the processor is slow."""
    return client, key, notify, merchant, settings_of, run_jobs


def sign(secret, topic, provider_id, at=None, **data):
    """Make a notification: its body and headers."""
    at = at or datetime.now(UTC)
    body = json.dumps({"type": topic, "timestamp": at.isoformat(), "data": {"id": provider_id, **data}})
    headers = {
        "webhook-id": "msg-1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg-1", at, body),
    }
    return body, headers


async def test_the_sandboxs_account_is_registered_with_a_secret_of_its_own(merchant, secret, database):
    answer = await merchant.send("GET", "/control")
    assert answer["webhook"]["url"] == f"http://127.0.0.1:8000{address(merchant)}"
    assert answer["webhook"]["secret"] == secret
    async with database.reading("citytown") as session:
        rows = await session.all(text("SELECT webhook_secret FROM gateway_account"))
    assert rows
    assert all(secret.encode() not in bytes(row.webhook_secret or b"") for row in rows)


async def test_a_capture_that_completes_later_is_posted_when_the_processor_says_so(
    client, key, payer, notify, merchant, settings_of, balances, run_jobs
):
    await settings_of(capture_delay=600)
    before = await balances()
    payment = await create(client, key, amount=777)
    await payer.pay(payment)
    await run_jobs()
    answer = await get(client, key, payment)
    assert answer["state"]["status"] == "success"
    assert "captured_date" not in answer["settlement_summary"]
    assert (await balances()).get("clearing", 0) == before.get("clearing", 0)
    await merchant.send("POST", "/control/clock/advance", seconds=600)
    await notify()
    assert "captured_date" in (await get(client, key, payment))["settlement_summary"]
    assert (await balances())["clearing"] == before.get("clearing", 0) + 777


async def test_a_capture_whose_notification_is_lost_is_found_within_the_hour(
    client, key, payer, notify, merchant, settings_of, run_jobs
):
    await settings_of(capture_delay=600)
    payment = await create(client, key)
    await payer.pay(payment)
    await run_jobs()
    await merchant.send("POST", "/control/webhook_faults", fault="drop")
    await merchant.send("POST", "/control/clock/advance", seconds=600)
    await notify()
    assert "captured_date" not in (await get(client, key, payment))["settlement_summary"]
    await run_jobs(after=timedelta(hours=2))
    assert "captured_date" in (await get(client, key, payment))["settlement_summary"]


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("is_lost", [False, True])
async def test_a_refund_that_completes_later_is_confirmed_or_undone(later, paid, balances, fails, is_lost):
    client, key, notify, merchant, settings_of, run_jobs = later
    payment = await paid(amount=1_000)
    await settings_of(refund_delay=600)
    if fails:
        await merchant.send("POST", "/control/faults", operation="refund", fault="fail")
    before = await balances()
    response = await client.post(f"{V1}/{payment['payment_id']}/refunds", json={"amount": 400}, headers=key)
    refund = response.json()
    assert (response.status_code, refund["status"]) == (202, "submitted")
    assert (await balances())["refunds"] == before.get("refunds", 0) - 400
    if is_lost:
        await merchant.send("POST", "/control/webhook_faults", fault="drop")
    await merchant.send("POST", "/control/clock/advance", seconds=600)
    await notify()
    if is_lost:
        await run_jobs(after=timedelta(hours=2))
    after = await balances()
    assert after["refunds"] == before.get("refunds", 0)
    assert after["clearing"] == before["clearing"] - (0 if fails else 400)
    url = f"{V1}/{payment['payment_id']}/refunds/{refund['refund_id']}"
    answer = (await client.get(url, headers=key)).json()
    assert answer["status"] == ("error" if fails else "success")


async def test_a_payer_who_leaves_after_the_bank_s_check_is_not_lost(client, key, payer, notify, merchant):
    payment = await create(client, key)
    await payer.open(payment)
    await payer.enter_card(payment, CHALLENGED_CARD)
    provider_id = (await get(client, key, payment))["provider_id"]
    await merchant.send("POST", f"/v1/authorisations/{provider_id}/three_d_secure", result="pass")
    assert (await get(client, key, payment))["state"]["status"] == "started"
    await notify()
    assert (await get(client, key, payment))["state"]["status"] == "submitted"
    await payer.get(page_of(payment))
    assert (await payer.confirm(payment)).headers["location"] == payment["return_url"]


async def test_forged_old_and_foreign_notifications_are_refused_alike(client, merchant, secret, notify):
    other = "whsec_" + "QUJD" * 8
    body, headers = sign(secret, "dispute.lost", "dsp_1")
    old = sign(secret, "dispute.lost", "dsp_1", datetime.now(UTC) - timedelta(minutes=10))
    forged = sign(other, "dispute.lost", "dsp_1")
    attempts = [
        (address(merchant), *old),
        (address(merchant), *forged),
        (address(merchant), body, {}),
        (address(merchant), body, {**headers, "webhook-signature": "v1,é"}),
        (address(merchant), body, {**headers, "webhook-timestamp": "soon"}),
        (address(merchant), body.replace("lost", "won"), headers),
        (address(merchant, "hillshire"), body, headers),
        (f"/citytown/payments/notifications/{'0' * 26}", body, headers),
    ]
    answers = []
    for path, content, sent_headers in attempts:
        raw = {name: value.encode() for name, value in sent_headers.items()}
        response = await client.post(path, content=content, headers=raw)
        answers.append((response.status_code, response.json()["code"]))
    assert answers == [(401, "wrong-signature")] * len(attempts)


async def test_a_notification_that_is_too_large_is_refused_before_it_is_read(client, merchant, notify):
    response = await client.post(address(merchant), content=b"x" * 70_000)
    assert response.status_code == 413


async def test_a_signed_notification_that_nobody_needs_is_accepted(client, merchant, secret):
    for topic, provider_id in (("payout.paid", "po_1"), ("weather.rain", "x"), ("capture.captured", "cap_1")):
        body, headers = sign(secret, topic, provider_id)
        assert (await client.post(address(merchant), content=body, headers=headers)).status_code == 204
    for content in ("[]", "{", '{"type": 7}'):
        at = datetime.now(UTC)
        headers = {
            "webhook-id": "msg-2",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign("msg-2", at, content),
        }
        assert (await client.post(address(merchant), content=content, headers=headers)).status_code == 204


async def test_what_a_notification_claims_is_not_believed(
    client, key, paid, merchant, secret, run_jobs, balances
):
    payment = await paid(amount=900)
    before = await balances()
    claims = {"authorisation": payment["provider_id"], "amount": 900, "status": "lost", "fee": 1}
    for topic in ("dispute.lost", "refund.failed", "authorisation.declined"):
        body, headers = sign(secret, topic, "nothing-of-the-kind", **claims)
        assert (await client.post(address(merchant), content=body, headers=headers)).status_code == 204
    await run_jobs()
    assert await balances() == before
    assert (await get(client, key, payment))["refund_summary"]["status"] == "available"


async def test_a_replayed_notification_changes_nothing_twice(
    client, key, paid, merchant, secret, run_jobs, notify
):
    payment = await paid(amount=900)
    dispute = await merchant.send("POST", "/control/disputes", authorisation=payment["provider_id"])
    await merchant.send("POST", f"/control/disputes/{dispute['id']}", status="lost")
    await notify()
    body, headers = sign(secret, "dispute.opened", dispute["id"])
    for _ in range(3):
        answers = await asyncio.gather(
            *(client.post(address(merchant), content=body, headers=headers) for _ in range(5))
        )
        assert {answer.status_code for answer in answers} == {204}
        await run_jobs()
    page = (await client.get("/citytown/payments/v1/disputes", headers=key)).json()
    assert [each["status"] for each in page["results"] if each["payment_id"] == payment["payment_id"]] == [
        "lost"
    ]
