"""What the simulated banks do as days go by, and the API in front of them."""

import hashlib
import hmac
import json
import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from simulators.direct_debit.simulator import Simulator
from simulators.direct_debit.tests.creditor import Creditor


async def test_a_mandate_is_active_two_working_days_after_it_was_signed(creditor):
    mandate = await creditor.sign()
    assert (await creditor.get("mandates", mandate))["status"] == "submitted"
    await creditor.set_clock("2026-04-09T09:00:00+00:00")
    assert (await creditor.get("mandates", mandate))["status"] == "active"


async def test_a_payment_goes_to_the_banks_two_days_before_its_charge_and_is_paid_out_two_days_after(
    creditor,
):
    mandate = await creditor.sign()
    payment = (await creditor.collect(mandate, charge_date="2026-04-14"))["payments"]
    states = []
    for day in ("08", "10", "15", "16"):
        await creditor.set_clock(f"2026-04-{day}T09:00:00+00:00")
        states.append((await creditor.get("payments", payment["id"]))["status"])
    assert states == ["pending_submission", "submitted", "confirmed", "paid_out"]
    [payout] = (await creditor.send("GET", "/payouts"))["payouts"]
    items = (await creditor.send("GET", f"/payout_items?payout={payout['id']}"))["payout_items"]
    assert [item["amount"] for item in items] == ["16200.0", "-2.0"]
    assert payout["amount"] == 16_198


async def test_what_came_back_after_its_payout_is_taken_from_the_next(creditor):
    mandate = await creditor.sign()
    first = (await creditor.collect(mandate, charge_date="2026-04-14"))["payments"]
    await creditor.set_clock("2026-04-16T09:00:00+00:00")
    body = {"action": "failed", "reason_code": "ARUDD-0"}
    await creditor.send("POST", f"/control/payments/{first['id']}", body)
    await creditor.set_clock("2026-04-17T09:00:00+00:00")
    assert len((await creditor.send("GET", "/payouts"))["payouts"]) == 1  # it owes more than it has
    second = (await creditor.collect(mandate, amount=20_000, charge_date="2026-04-23"))["payments"]
    await creditor.send("POST", "/control/faults", {"operation": "pay_out", "kind": "short"})
    await creditor.set_clock("2026-04-27T09:00:00+00:00")
    payout = (await creditor.send("GET", "/payouts?created_at[gte]=2026-04-20"))["payouts"][0]
    items, path = [], f"/payout_items?payout={payout['id']}&limit=1"
    while path:
        page = await creditor.send("GET", path)
        items += page["payout_items"]
        after = page["meta"]["cursors"]["after"]
        path = after and f"/payout_items?payout={payout['id']}&limit=1&after={after}"
    assert [(item["type"], item["amount"], item["links"]["payment"]) for item in items] == [
        ("payment_paid_out", "20000.0", second["id"]), ("payment_failed", "-16200.0", first["id"]),
        ("gocardless_fee", "-2.0", second["id"]), ("gocardless_fee", "2.0", first["id"]),
    ]  # fmt: skip
    assert (payout["amount"], payout["created_at"][:10]) == (3_799, "2026-04-27")
    await creditor.send("POST", f"/control/payouts/{payout['id']}/bounce", {})
    assert (await creditor.get("payouts", payout["id"]))["status"] == "bounced"


async def test_a_payment_that_came_back_is_presented_again(creditor):
    mandate = await creditor.sign("refer-to-payer")
    payment = (await creditor.collect(mandate, charge_date="2026-04-14"))["payments"]
    await creditor.set_clock("2026-04-15T09:00:00+00:00")
    assert (await creditor.list_actions(payment=payment["id"]))[-1] == ("failed", "ARUDD-0")
    retried = await creditor.send("POST", f"/payments/{payment['id']}/actions/retry", {"data": {}})
    assert retried["payments"]["charge_date"] == "2026-04-17"
    await creditor.set_clock("2026-04-20T09:00:00+00:00")
    assert (await creditor.get("payments", payment["id"]))["status"] == "confirmed"


async def test_a_bank_that_refuses_the_instruction_takes_the_payments_along(creditor):
    mandate = await creditor.sign("no-account")
    payment = (await creditor.collect(mandate, charge_date="2026-04-30"))["payments"]
    await creditor.set_clock("2026-04-09T09:00:00+00:00")
    assert (await creditor.list_actions(mandate=mandate))[-1] == ("failed", "AUDDIS-5")
    assert (await creditor.get("payments", payment["id"]))["status"] == "cancelled"
    await creditor.collect(mandate, status=422)


async def test_a_key_makes_one_payment_and_the_conflict_names_it(creditor):
    mandate = await creditor.sign()
    first = (await creditor.collect(mandate, key="k-1"))["payments"]
    error = (await creditor.collect(mandate, key="k-1", status=409))["error"]
    assert error["errors"][0]["reason"] == "idempotent_creation_conflict"
    assert error["errors"][0]["links"]["conflicting_resource_id"] == first["id"]
    assert len((await creditor.send("GET", "/control/payments"))["items"]) == 1


@pytest.mark.parametrize(
    "members",
    [
        {"amount": 0},
        {"amount": "100"},
        {"amount": True},
        {"currency": "EUR"},
        {"charge_date": "2026-04-07"},
        {"charge_date": "soon"},
        {"reference": "longer than ten"},
        {"metadata": {"account": "20-00-00 55779911"}},
    ],
)
async def test_what_is_not_valid_is_refused(creditor, members):
    mandate = await creditor.sign()
    error = (await creditor.collect(mandate, status=422, **members))["error"]
    assert error["type"] == "validation_failed"


async def test_an_account_sees_nothing_of_another(creditor, http):
    mandate = await creditor.sign()
    other = Creditor(http, "sim_hillshire")
    await other.send("GET", f"/mandates/{mandate}", status=404)
    await other.collect(mandate, status=404)
    other.headers = {"Authorization": "Bearer live_key"}
    await other.send("GET", "/events", status=401)


async def test_a_payer_signs_at_the_page_and_goes_back(creditor, http):
    body = {"billing_requests": {"mandate_request": {"scheme": "bacs"}}}
    request = (await creditor.send("POST", "/billing_requests", body))["billing_requests"]
    flow = {"redirect_uri": "https://council.example/back", "links": {"billing_request": request["id"]}}
    answer = await creditor.send("POST", "/billing_request_flows", {"billing_request_flows": flow})
    url = answer["billing_request_flows"]["authorisation_url"]
    page = await http.get(url)
    assert re.search(r"Never type bank details", page.text)
    back = await http.post(url, data={"scenario": "good"})
    assert (back.status_code, back.headers["location"]) == (303, "https://council.example/back")
    assert (await creditor.get("billing_requests", request["id"]))["status"] == "fulfilled"
    assert (await http.post(url, headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert (await http.get("/flow/BRF1")).status_code == 404
    assert "sim_citytown" in (await http.get("/")).text


async def test_webhooks_are_signed_and_come_twice_backwards_or_not_at_all(simulator, creditor):
    messages = []

    async def receive(request):
        body = await request.body()
        signature = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
        assert request.headers["webhook-signature"] == signature
        messages.append([event["action"] for event in json.loads(body)["events"]])
        return Response(status_code=204)

    receiver = Starlette(routes=[Route("/hook", receive, methods=["POST"])])
    simulator.transport = httpx.ASGITransport(receiver)
    await creditor.send("PUT", "/control/webhook", {"url": "http://localhost/hook", "secret": "secret"})
    for kind in ("duplicate", "reorder", "drop"):
        await creditor.send("POST", "/control/webhook_faults", {"kind": kind})
        await creditor.sign()
        await simulator.deliver()
    assert messages[0] == messages[1] == messages[2][::-1]
    assert len(messages) == 3
    await creditor.send("PUT", "/control/webhook", {"url": "http://evil.example/", "secret": "s"}, status=422)


async def test_what_was_answered_outlives_the_process(tmp_path):
    for expected in (201, 409):
        simulator = Simulator("http://localhost:9110", tmp_path)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(simulator.app), base_url=simulator.url
        ) as http:
            body = {"billing_requests": {"mandate_request": {"scheme": "bacs"}}}
            await Creditor(http, "sim_a").send("POST", "/billing_requests", body, key="k", status=expected)
        simulator.close()
