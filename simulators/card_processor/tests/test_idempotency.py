"""Each key has one effect and one answer, for ever; the same calls give the same ids."""

import asyncio

import httpx

from simulators.card_processor.simulator import Simulator
from simulators.card_processor.tests.conftest import NOW
from simulators.card_processor.tests.merchant import Merchant


async def test_a_key_has_one_effect_and_one_answer(merchant):
    record = await merchant.pay(key="k1")
    assert await merchant.pay(key="k1") == record
    assert len((await merchant.get("/v1/authorisations"))["data"]) == 1
    answers = await asyncio.gather(
        *(merchant.act(record["id"], "refunds", "k2", 201, amount=600, reference="r") for _ in range(20))
    )
    assert len({answer["id"] for answer in answers}) == 1
    assert (await merchant.get(f"/v1/authorisations/{record['id']}"))["refunded_amount"] == 600


async def test_the_answer_stays_as_it_was(merchant):
    record = await merchant.authorise(key="k1")
    await merchant.act(record["id"], "cancel", "k2", 200)
    await merchant.advance(10 * 365 * 86_400)
    assert (await merchant.authorise(key="k1"))["status"] == "authorised"
    assert (await merchant.act(record["id"], "cancel", "k2", 200))["status"] == "cancelled"


async def test_a_key_is_refused_for_another_request(merchant):
    record = await merchant.authorise(key="k1")
    assert (await merchant.authorise(key="k1", amount=1_001, status=409))["field"] == "Idempotency-Key"
    other = await merchant.act(record["id"], "capture", "k1", 409)
    assert other["code"] == "idempotency_key_reused"
    assert (await merchant.get(f"/v1/authorisations/{record['id']}"))["status"] == "authorised"


async def test_a_refusal_is_an_answer_too(merchant):
    await merchant.control("PATCH", "settings", 200, capture_delay=60)
    record = await merchant.pay()
    early = await merchant.act(record["id"], "refunds", "k2", 409, amount=1, reference="r")
    await merchant.advance(60)
    assert await merchant.act(record["id"], "refunds", "k2", 409, amount=1, reference="r") == early
    await merchant.act(record["id"], "refunds", "k3", 201, amount=1, reference="r")


async def test_a_bad_request_uses_no_key_up(merchant):
    await merchant.authorise(key="k1", amount="ten", status=400)
    assert (await merchant.authorise(key="k1"))["status"] == "authorised"


async def test_equal_calls_give_equal_ids_and_webhooks(merchant, http):
    async def run(url):
        simulator = Simulator(url)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(simulator.app), base_url=url) as client:
            same = Merchant(client, "sim_citytown_1")
            await same.control("PUT", "clock", now=NOW)
            payment = await same.pay(2_000, "dispute-lost", key="k1")
            await same.act(payment["id"], "refunds", amount=100, reference="r")
            await same.advance(86_400)
            payout = await same.payout("unknown_id")
            return payment, await same.lines(payout), (await same.get("/control/webhooks"))["data"]

    first, second = await run("http://a.example"), await run("http://a.example")
    assert first == second
    stranger = Merchant(http, "sim_hillshire_1")
    assert (await stranger.pay(2_000, "dispute-lost", key="k1"))["id"] != first[0]["id"]
