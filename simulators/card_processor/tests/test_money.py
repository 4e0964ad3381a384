"""Refunds, disputes, fees and payouts, to the penny: the examples that a council's ledger is tested with."""

import pytest

from simulators.card_processor.accounts import TARIFF
from simulators.card_processor.balance import calculate_fee


async def test_a_payout_is_the_sum_of_its_lines_less_fees(merchant):
    first = await merchant.pay(11_450)
    await merchant.pay(2_000)
    await merchant.act(first["id"], "refunds", status=201, amount=1_499, reference="r")
    payout = await merchant.payout()
    lines = await merchant.lines(payout)
    assert [(line["kind"], line["amount"], line["fee"], line["net"]) for line in lines] == [
        ("payment", 11_450, 192, 11_258), ("payment", 2_000, 50, 1_950), ("refund", -1_499, 0, -1_499)
    ]  # fmt: skip
    assert (payout["amount"], payout["arrival_date"], payout["lines"]) == (11_709, "2026-04-03", 3)
    assert {line["payout"] for line in lines} == {payout["id"]}
    assert (await merchant.payout(status=409))["code"] == "nothing_to_pay"


async def test_a_lost_dispute_may_bring_a_payout_below_zero(merchant):
    disputed = await merchant.pay(2_000)
    await merchant.payout()
    dispute = await merchant.control(
        "POST", "disputes", 201, authorisation=disputed["id"], reason="fraudulent"
    )
    refusal = await merchant.act(disputed["id"], "refunds", status=409, amount=1, reference="r")
    assert refusal["code"] == "disputed"
    await merchant.pay(2_500)
    path = f"disputes/{dispute['id']}"
    assert (await merchant.control("POST", path, 200, status="under_review"))["status"] == "under_review"
    assert (await merchant.control("POST", path, 200, status="lost"))["fee"] == 1_500
    assert (await merchant.control("POST", path, 409, status="won"))["code"] == "dispute_over"
    payout = await merchant.payout()
    bank = (await merchant.get("/control/bank_lines", payout=payout["id"]))["data"]
    assert payout["amount"] == bank[0]["amount"] == -1_058


@pytest.mark.parametrize(("returned", "net"), [(False, 1_950 - 1_500), (True, 1_950)])
async def test_a_processor_may_take_a_dispute_at_once_and_give_it_back(merchant, returned, net):
    await merchant.control("PATCH", "tariff", 200, dispute_taken="opened", dispute_fee_returned=returned)
    payment = await merchant.pay(2_000)
    dispute = await merchant.control("POST", "disputes", 201, authorisation=payment["id"])
    assert (await merchant.get("/v1/disputes", authorisation=payment["id"]))["data"] == [dispute]
    await merchant.control("POST", f"disputes/{dispute['id']}", 200, status="won")
    assert (await merchant.payout())["amount"] == net
    assert (await merchant.act(payment["id"], "refunds", status=201, amount=1, reference="r"))["amount"] == 1


@pytest.mark.parametrize(("card", "lines"), [("dispute-lost", 2), ("dispute-won", 1)])
async def test_a_card_named_after_a_dispute_has_one(merchant, card, lines):
    payment = await merchant.pay(2_000, card)
    assert [record["status"] for record in (await merchant.get("/v1/disputes"))["data"]] == ["needs_response"]
    await merchant.advance(24 * 3600)
    dispute = (await merchant.get("/v1/disputes"))["data"][0]
    assert (dispute["status"], dispute["closed_at"]) == (card.split("-")[1], "2026-04-02T09:00:00.000Z")
    assert (await merchant.get(f"/v1/authorisations/{payment['id']}"))["dispute"] == dispute["id"]
    assert (await merchant.payout())["lines"] == lines


async def test_no_more_is_refunded_than_was_captured(merchant):
    record = await merchant.authorise(amount=1_000)
    early = await merchant.act(record["id"], "refunds", status=409, amount=1, reference="r")
    assert early["code"] == "not_captured"
    await merchant.act(record["id"], "capture", status=201, amount=800)
    refund = await merchant.act(record["id"], "refunds", status=201, amount=500, reference="r")
    assert refund["status"] == "success"
    more = await merchant.act(record["id"], "refunds", status=409, amount=301, reference="r")
    assert more["reason"] == "300 pence are left to refund"
    await merchant.act(record["id"], "refunds", status=201, amount=300, reference="r")
    refunds = (await merchant.get(f"/v1/authorisations/{record['id']}/refunds"))["data"]
    assert sum(refund["amount"] for refund in refunds) == 800
    assert await merchant.get(f"/v1/refunds/{refund['id']}") == refund


async def test_captures_and_refunds_may_take_their_time(merchant):
    await merchant.control("PATCH", "settings", 200, capture_delay=60, refund_delay=120)
    record = await merchant.authorise()
    capture = await merchant.act(record["id"], "capture", status=201)
    assert (capture["status"], capture["captured_at"]) == ("submitted", None)
    assert (await merchant.act(record["id"], "refunds", amount=1, reference="r"))["code"] == "not_captured"
    await merchant.advance(3_600)
    capture = await merchant.get(f"/v1/captures/{capture['id']}")
    assert (capture["status"], capture["captured_at"]) == ("captured", "2026-04-01T09:01:00.000Z")
    await merchant.control("POST", "faults", 201, operation="refund", fault="fail")
    failing = await merchant.act(record["id"], "refunds", status=201, amount=1_000, reference="r")
    assert failing["status"] == "submitted"
    await merchant.act(record["id"], "refunds", status=409, amount=1, reference="r")
    await merchant.advance(120)
    assert (await merchant.get(f"/v1/refunds/{failing['id']}"))["status"] == "error"
    await merchant.act(record["id"], "refunds", status=201, amount=1_000, reference="r")


@pytest.mark.parametrize(
    ("amount", "corporate", "fee"), [(2_500, False, 58), (1, False, 20), (10_250, True, 317)]
)
def test_a_fee_is_rounded_half_up(amount, corporate, fee):
    assert calculate_fee(TARIFF, amount, corporate=corporate) == fee


async def test_a_tariff_can_be_changed(merchant):
    await merchant.control("PATCH", "tariff", 200, basis_points=0, fixed=7)
    assert (await merchant.act((await merchant.authorise())["id"], "capture"))["fee"] == 7
