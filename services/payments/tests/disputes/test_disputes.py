"""Disputes: refunds meanwhile, what is posted when, what is published, and search."""

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.testing import published
from services.payments.tests.conftest import V1, get
from services.payments.tests.funds.finance import import_default

DISPUTES = "/citytown/payments/v1/disputes"
PENALTY = "BJ12345673"


@pytest.fixture(scope="module")
async def finance(client, mint):
    """The default funds of England in citytown."""
    await import_default(client, mint, "citytown", "england")


@pytest.fixture
async def dispute(merchant, notify):
    """Make functions that open a dispute and decide it, with what the notifications do."""

    async def open_dispute(payment, **members):
        opened = await merchant.send(
            "POST", "/control/disputes", authorisation=payment["provider_id"], **members
        )
        await notify()
        return opened

    async def decide(opened, status):
        await merchant.send("POST", f"/control/disputes/{opened['id']}", status=status)
        await notify()

    open_dispute.decide = decide
    return open_dispute


async def refund(client, key, payment, amount=1):
    return await client.post(f"{V1}/{payment['payment_id']}/refunds", json={"amount": amount}, headers=key)


async def list_disputes(client, key, payment, **params):
    page = (await client.get(DISPUTES, params=params, headers=key)).json()
    return [result for result in page["results"] if result["payment_id"] == payment["payment_id"]]


async def test_a_lost_dispute_is_posted_to_the_penny(client, key, paid, finance, dispute, balances, database):
    """Worked example 4 of council finance: a penalty of 2,000 and the processor's fee of 1,500."""
    line = {"fund": "11", "reference": PENALTY, "amount": 2_000}
    before_payment = await balances()
    payment = await paid(amount=2_000, lines=[line])
    before = await balances()
    assert before["fund"] == before_payment.get("fund", 0) - 2_000
    opened = await dispute(payment, reason="fraudulent")
    assert await balances() == before
    await dispute.decide(opened, "lost")
    after = await balances()
    assert after["fund"] == before["fund"] + 2_000
    assert after["dispute-fees"] == before.get("dispute-fees", 0) + 1_500
    assert after["clearing"] == before["clearing"] - 3_500
    assert sum(after.values()) == 0
    [record] = await list_disputes(client, key, payment)
    assert (record["status"], record["amount"], record["fee"], record["net_amount"]) == (
        "lost",
        2_000,
        1_500,
        -3_500,
    )
    events = [event for event in await published(database) if event.type.startswith("payments.")]
    [posted] = [
        event
        for event in events
        if event.type.startswith("payments.receipt") and event.data["amount"] == -2_000
    ]
    assert (posted.data["fund"], posted.data["reference"], posted.data["method"]) == ("11", PENALTY, "CB")


async def test_refunds_are_refused_while_a_dispute_is_open_and_after_it_is_lost(client, key, paid, dispute):
    payment = await paid(amount=1_000)
    opened = await dispute(payment)
    for state in ("needs_response", "under_review", "lost"):
        if state != "needs_response":
            await dispute.decide(opened, state)
        response = await refund(client, key, payment)
        assert (response.status_code, response.json()["code"]) == (400, "P0603")
        assert (await get(client, key, payment))["refund_summary"]["status"] == "unavailable"
        [record] = await list_disputes(client, key, payment)
        assert record["status"] == state


async def test_a_won_dispute_posts_nothing_and_allows_refunds(client, key, paid, dispute, balances, database):
    payment = await paid(amount=1_000)
    before = await balances()
    opened = await dispute(payment, reason="duplicate")
    [record] = await list_disputes(client, key, payment)
    assert (record["reason"], "fee" in record, "net_amount" in record) == ("duplicate", False, False)
    await dispute.decide(opened, "under_review")
    await dispute.decide(opened, "won")
    assert await balances() == before
    assert (await refund(client, key, payment, 1_000)).status_code == 202
    events = [
        event for event in await published(database) if event.data.get("payment") == payment["payment_id"]
    ]
    disputes = [(event.type, event.sequence) for event in events if ".dispute." in event.type]
    assert disputes == [
        ("payments.dispute.opened.v1", 1),
        ("payments.dispute.reviewed.v1", 2),
        ("payments.dispute.won.v1", 3),
    ]


@pytest.mark.parametrize("fault", ["duplicate", "reorder"])
async def test_notifications_that_come_twice_or_the_wrong_way_round_post_once(
    client, key, paid, merchant, notify, balances, fault
):
    payment = await paid(amount=1_000)
    before = await balances()
    await merchant.send("POST", "/control/webhook_faults", fault=fault, count=2)
    opened = await merchant.send("POST", "/control/disputes", authorisation=payment["provider_id"])
    await merchant.send("POST", f"/control/disputes/{opened['id']}", status="lost")
    await notify()
    assert (await balances())["clearing"] == before["clearing"] - 2_500
    assert [record["status"] for record in await list_disputes(client, key, payment)] == ["lost"]


async def test_a_part_that_is_disputed_after_a_refund_is_spread_over_what_is_left(
    client, key, paid, finance, dispute, balances
):
    lines = [
        {"fund": "11", "reference": PENALTY, "amount": 2_000},
        {"fund": "31", "reference": "24/0001", "amount": 1_200},
    ]
    payment = await paid(amount=3_200, lines=lines)
    assert (await refund(client, key, payment, 600)).status_code == 202
    before = await balances()
    opened = await dispute(payment, amount=1_600)
    await dispute.decide(opened, "lost")
    after = await balances()
    # 600 of building control, of which 100 is VAT, then 1,000 of the penalty.
    assert after["vat"] == before["vat"] + 100
    assert after["fund"] == before["fund"] + 500 + 1_000
    assert after["clearing"] == before["clearing"] - 1_600 - 1_500


async def test_a_dispute_is_lost_wherever_a_journal_moved_the_money(
    paid, finance, dispute, balances, database
):
    payment = await paid(amount=2_000, lines=[{"fund": "11", "reference": PENALTY, "amount": 2_000}])
    async with database.writing("citytown") as session:
        await session.execute(
            text("UPDATE payment_line SET moved = 2000 WHERE council = 'citytown' AND payment = :id"),
            {"id": ids.read(payment["payment_id"])},
        )
    before = await balances()
    opened = await dispute(payment)
    await dispute.decide(opened, "lost")
    after = await balances()
    assert after["fund"] == before["fund"] + 2_000
    assert after["clearing"] == before["clearing"] - 3_500


@pytest.mark.parametrize(("number", "status"), [("4000000000000259", "lost"), ("4000000000002685", "won")])
async def test_the_cards_of_disputes_open_and_end_one(client, key, paid, merchant, notify, number, status):
    payment = await paid(number)
    await notify()
    [record] = await list_disputes(client, key, payment)
    assert record["status"] == "needs_response"
    await merchant.send("POST", "/control/clock/advance", seconds=90 * 86_400)
    await notify()
    [record] = await list_disputes(client, key, payment)
    assert record["status"] == status


async def test_disputes_are_searched_by_status_and_date_by_their_own_account_only(
    client, key, strict_key, make_key, paid, dispute
):
    payment = await paid(amount=1_000)
    await dispute(payment)
    page = (await client.get(DISPUTES, params={"status": "needs_response"}, headers=key)).json()
    assert page["total"] == len(page["results"]) >= 1
    assert {result["status"] for result in page["results"]} == {"needs_response"}
    assert page["results"][0]["_links"]["payment"]["href"].endswith(payment["payment_id"])
    for params in ({"to_date": "2000-01-01T00:00:00Z"}, {"from_settled_date": "2020-01-01"}):
        assert (await client.get(DISPUTES, params=params, headers=key)).json()["results"] == []
    for headers in (strict_key, make_key(mode="live")):
        assert (await client.get(DISPUTES, headers=headers)).json()["total"] == 0


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"status": "open"}, 422, "P0401"),
        ({"from_date": "yesterday"}, 422, "P0401"),
        ({"to_settled_date": "2026-13-01"}, 422, "P0401"),
        ({"display_size": 0}, 422, "P0401"),
        ({"page": 999}, 404, "P0402"),
    ],
)
async def test_a_wrong_search_of_disputes_gets_the_documented_code(client, key, params, status, code):
    response = await client.get(DISPUTES, params=params, headers=key)
    assert (response.status_code, response.json()["code"]) == (status, code)
