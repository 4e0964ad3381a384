"""Settlement faults: each kind of exception that a council's reconciliation has to find."""

import pytest

from simulators.card_processor.settlement_faults import KINDS


@pytest.fixture
async def payments(merchant):
    return [await merchant.pay(amount, reference=f"R{amount}") for amount in (1_000, 2_000, 3_000)]


def figures(lines):
    return [(line["reference"], line["amount"], line["fee"]) for line in lines]


SOUND = [("R1000", 1_000, 35), ("R2000", 2_000, 50), ("R3000", 3_000, 65)]


async def bank(merchant, payout):
    lines = (await merchant.get("/control/bank_lines", payout=payout["id"]))["data"]
    return [(line["amount"], line["currency"], line["reference"] == payout["reference"]) for line in lines]


async def test_an_honest_payout_is_seen_once_at_the_bank(merchant, payments):
    payout = await merchant.payout()
    assert figures(await merchant.lines(payout)) == SOUND
    assert await bank(merchant, payout) == [(5_850, "GBP", True)]


async def test_a_payment_that_was_captured_is_never_paid(merchant, payments):
    fault = {"kind": "not_captured", "authorisation": payments[1]["id"]}
    assert figures(await merchant.lines(await merchant.payout(fault))) == [SOUND[0], SOUND[2]]
    await merchant.payout(status=409)


async def test_a_payment_is_late(merchant, payments):
    assert figures(await merchant.lines(await merchant.payout("late"))) == SOUND[1:]
    assert figures(await merchant.lines(await merchant.payout())) == SOUND[:1]


async def test_a_payment_is_captured_twice(merchant, payments):
    lines = await merchant.lines(await merchant.payout("captured_twice"))
    assert sorted(figures(lines)) == sorted([SOUND[0], *SOUND])
    assert len({line["id"] for line in lines}) == 4
    await merchant.payout(status=409)


@pytest.mark.parametrize(("kind", "column"), [("amount_differs", 1), ("fee_unexpected", 2)])
async def test_a_figure_of_a_line_is_wrong(merchant, payments, kind, column):
    payout = await merchant.payout({"kind": kind, "authorisation": payments[2]["id"], "amount": -7})
    lines = await merchant.lines(payout)
    wrong = list(SOUND[2])
    wrong[column] -= 7
    assert figures(lines) == [*SOUND[:2], tuple(wrong)]
    assert payout["amount"] == sum(line["net"] for line in lines) == 5_850 + (-7 if column == 1 else 7)
    capture = await merchant.get(f"/v1/captures/{payments[2]['capture']}")
    assert (capture["amount"], capture["fee"]) == (3_000, 65)


async def test_a_line_is_of_a_payment_that_never_was(merchant, payments):
    lines = await merchant.lines(await merchant.payout({"kind": "unknown_id", "amount": 500}))
    assert figures(lines[3:]) == [(None, 500, 28)]
    await merchant.get(f"/v1/authorisations/{lines[3]['authorisation']}", 404)


async def test_a_payout_is_short(merchant, payments):
    payout = await merchant.payout({"kind": "payout_short", "amount": 3})
    assert payout["amount"] == 5_847 == sum(line["net"] for line in await merchant.lines(payout)) - 3
    assert await bank(merchant, payout) == [(5_847, "GBP", True)]


async def test_a_payout_is_in_another_currency(merchant, payments):
    payout = await merchant.payout("wrong_currency")
    assert {line["currency"] for line in await merchant.lines(payout)} == {payout["currency"]} == {"EUR"}
    assert await bank(merchant, payout) == [(5_850, "EUR", True)]


async def test_a_payout_is_reversed_and_paid_again(merchant, payments):
    payout = await merchant.payout("reversed")
    assert payout["status"] == "reversed"
    assert await bank(merchant, payout) == [(5_850, "GBP", True), (-5_850, "GBP", True)]
    again = await merchant.payout()
    assert [(line["kind"], line["amount"]) for line in await merchant.lines(again)] == [
        ("payout_reversal", 5_850)
    ]
    assert (await merchant.control("POST", f"payouts/{again['id']}/reverse", 200))["status"] == "reversed"
    await merchant.control("POST", f"payouts/{again['id']}/reverse", 409)


@pytest.mark.parametrize(("kind", "count"), [("bank_missing", 0), ("bank_twice", 2)])
async def test_the_bank_shows_a_payout_never_or_twice(merchant, payments, kind, count):
    payout = await merchant.payout(kind)
    assert await bank(merchant, payout) == [(5_850, "GBP", True)] * count
    assert payout["status"] == "paid"


async def test_a_settlement_may_be_partial(merchant, payments):
    assert figures(await merchant.lines(await merchant.payout(lines=2))) == SOUND[:2]
    assert figures(await merchant.lines(await merchant.payout(lines=2))) == SOUND[2:]


async def test_each_fault_has_a_payment_of_its_own(merchant, payments):
    kinds = ("amount_differs", "fee_unexpected", {"kind": "late", "authorisation": payments[0]["id"]})
    lines = await merchant.lines(await merchant.payout(*kinds))
    assert figures(lines) == [("R2000", 2_001, 50), ("R3000", 3_000, 66)]
    assert (await merchant.payout("late", "late", status=409))["code"] == "no_target"
    assert figures(await merchant.lines(await merchant.payout())) == SOUND[:1]
    assert len(KINDS) == 11


async def test_a_wrong_currency_does_not_stay_with_a_payment_that_is_late(merchant, payments):
    await merchant.payout("late", "wrong_currency")
    assert (await merchant.payout())["currency"] == "GBP"


async def test_a_payout_skips_weekends(merchant, payments):
    await merchant.advance(2 * 86_400)  # Friday
    assert (await merchant.payout())["arrival_date"] == "2026-04-07"
