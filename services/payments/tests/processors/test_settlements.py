"""Stripe's payouts and disputes: what reconciliation and the ledger are told of them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.database import ALL_COUNCILS
from chassis.jobs import enqueue
from chassis.outbound import Outbound
from payments.processors.actions.stripe import settlements
from payments.processors.actions.stripe.processor import StripeProcessor
from payments.processors.actions.stripe.settlements import read_lines, read_payouts
from payments.processors.rules import Credentials, ProcessorError, SettlementKind
from payments.retention.actions.erasures import FindErasures
from services.payments.tests.conftest import V1
from services.payments.tests.processors.conftest import make_event
from services.payments.tests.processors.stripe_stub import LIVE_KEY, START

FINANCE = "/citytown/payments/finance/v1"


@pytest.fixture
def settle(live):
    """Make a function that fetches citytown's settlements; it returns them by their ids at Stripe."""

    async def fetch():
        answer = await live.client.post(f"{FINANCE}/settlements/fetch", headers=live.key)
        assert answer.status_code in {200, 202}, answer.text
        await live.run_jobs()
        page = (await live.client.get(f"{FINANCE}/settlements?limit=100", headers=live.key)).json()
        return {item["provider_id"]: item for item in page["items"]}

    return fetch


def _charge(live, payment):
    return live.stripe.objects[payment["provider_id"]]["latest_charge"]


async def test_a_payout_is_matched_line_by_line(live, settle, live_balances):
    first, second = await live.paid(amount=3_000), await live.paid(amount=2_000)
    await live.refund(second, 500)
    (refund,) = [item for item in live.stripe.list_all("refund")
                 if item["payment_intent"] == second["provider_id"]]  # fmt: skip
    payout = live.stripe.add_payout(
        [
            ("charge", 3_000, 42, _charge(live, first)),
            ("charge", 2_000, 42, _charge(live, second)),
            ("refund", -500, 0, refund["id"]),
            ("fee", -10, 0, None),
        ]
    )
    before = await live_balances()
    page = await settle()
    mine = page[payout["id"]]
    assert mine["amount"] == payout["amount"] == 4_406
    lines = (await live.client.get(f"{FINANCE}/settlements/{mine['id']}/lines", headers=live.key)).json()
    assert [line["rule"] for line in lines["items"]] == [
        "payment-by-processor-id", "payment-by-processor-id", "refund-by-processor-id", "fee",
    ]  # fmt: skip
    answer = await live.get(first)
    assert (bool(answer["settlement_summary"]["settled_date"]), answer["fee"]) == (True, 42)
    after = await live_balances()
    assert after["clearing"] == before["clearing"] - 4_500
    assert after.get("payout", 0) == before.get("payout", 0) + 4_406


async def test_a_live_payer_is_erased_as_every_other_and_refunds_go_on(live, settle, database, live_balances):
    payment = await live.paid(amount=1_000)
    live.stripe.add_payout([("charge", 1_000, 42, _charge(live, payment))])
    await settle()
    before, payment_id = await live_balances(), ids.read(payment["payment_id"])
    due = text("UPDATE payment SET erase_on = current_date - 1 WHERE id = :id")
    async with database.writing("citytown") as session:
        await session.execute(due, {"id": payment_id})
    async with database.writing(ALL_COUNCILS) as session:
        await enqueue(session, FindErasures(), council=ALL_COUNCILS)
    await live.run_jobs()
    async with database.reading("citytown") as session:
        payers = await session.all(text("SELECT payment FROM payer"))
        row = await session.first(text("SELECT * FROM payment WHERE id = :id"), {"id": payment_id})
    assert payment_id not in {payer.payment for payer in payers}
    assert (row.description, row.three_d_secure, row.provider_id) == ("", None, payment["provider_id"])
    assert "ann@payer.example" not in str(await live.get(payment))
    assert await live_balances() == before
    refund = (await live.refund(payment, 400)).json()
    await live.run_jobs()
    url = f"{V1}/{payment['payment_id']}/refunds/{refund['refund_id']}"
    assert (await live.client.get(url, headers=live.key)).json()["status"] == "success"


async def test_a_payout_whose_lines_stripe_has_not_completed_waits(live, settle):
    payment = await live.paid(amount=3_000)
    payout = live.stripe.add_payout(
        [("charge", 3_000, 42, _charge(live, payment))], reconciliation_status="in_progress"
    )
    assert payout["id"] not in await settle()
    live.stripe._set(payout["id"], reconciliation_status="completed")
    assert payout["id"] in await settle()


@pytest.fixture
def small_pages(monkeypatch):
    """Pages of seven, neither what we ask Stripe for nor what it gives unasked."""
    monkeypatch.setattr(settlements, "PAGE", 7)


@pytest.mark.usefixtures("small_pages")
async def test_more_payouts_and_lines_than_a_page_are_all_read_the_oldest_first(live, settle):
    imported_before = {item["id"] for item in live.stripe.list_all("payout")}
    for _ in range(11):
        live.stripe.add_payout([("fee", -1, 0, None)])
    long = live.stripe.add_payout([("fee", -1, 0, None)] * 20)
    await settle()
    requests = live.stripe.list_requests("GET", "/balance_transactions")
    order = list(dict.fromkeys(item["params"]["payout"] for item in requests))
    assert order == [
        item["id"] for item in live.stripe.list_all("payout") if item["id"] not in imported_before
    ]
    assert len([item for item in requests if item["params"]["payout"] == long["id"]]) == 3
    live.stripe.requests.clear()
    await settle()
    assert live.stripe.list_requests("GET", "/balance_transactions") == []


async def test_payouts_from_before_we_knew_the_account_are_not_ours(live, settle):
    payout = live.stripe.add_payout([("fee", -1, 0, None)], created=START)
    assert payout["id"] not in await settle()


@pytest.mark.usefixtures("small_pages")
async def test_payouts_after_a_known_one_are_listed_page_by_page(stripe, settings):
    async def read_credentials(_):
        return Credentials(LIVE_KEY, datetime.now(UTC))

    processor = StripeProcessor(Outbound(settings), stripe.url, read_credentials)
    first = stripe.add_payout([("fee", -1, 0, None)])
    names = [stripe.add_payout([("fee", -1, 0, None)])["id"] for _ in range(13)]
    page = await processor.list_settlements("m", first["id"])
    assert [item.provider_id for item in page.settlements] == names[:7]
    last = await processor.list_settlements("m", page.after)
    assert ([item.provider_id for item in last.settlements], last.after) == (names[7:], None)


def test_of_the_payouts_that_stripe_lists_only_complete_ones_count():
    payout = {
        "id": "po_1", "amount": 1, "currency": "gbp", "status": "paid", "automatic": True,
        "reconciliation_status": "completed", "created": 1_790_000_000, "arrival_date": 1_790_000_000,
    }  # fmt: skip
    assert [item.reference for item in read_payouts([payout | {"statement_descriptor": "STRIPE"}])] == [
        "STRIPE"
    ]
    traced = payout | {"trace_id": {"status": "supported", "value": "BACS-1"}}
    assert [item.reference for item in read_payouts([traced])] == ["BACS-1"]
    (returned,) = read_payouts([payout | {"status": "failed"}])
    assert returned.is_reversed
    for change in ({"status": "in_transit"}, {"status": "pending"}, {"status": "canceled"},
                   {"automatic": False}, {"reconciliation_status": "in_progress"},
                   {"reconciliation_status": "not_applicable"}):  # fmt: skip
        assert read_payouts([payout | change]) == []


def test_lines_are_read_by_their_reporting_category():
    line = {"id": "txn_1", "amount": -7, "fee": 0, "net": -7, "currency": "gbp",
            "source": {"id": "x_1", "object": "x"}}  # fmt: skip
    categories = {
        "charge": SettlementKind.PAYMENT, "refund": SettlementKind.REFUND, "dispute": SettlementKind.DISPUTE,
        "dispute_reversal": SettlementKind.DISPUTE_REVERSAL, "fee": SettlementKind.FEE,
        "payout_reversal": SettlementKind.PAYOUT_REVERSAL, "refund_failure": SettlementKind.OTHER,
        "something_new": SettlementKind.OTHER,
    }  # fmt: skip
    lines = read_lines([line | {"reporting_category": name} for name in categories])
    assert [item.kind for item in lines] == list(categories.values())
    assert {item.currency for item in lines} == {"GBP"}
    assert read_lines([line | {"reporting_category": "payout"}]) == []
    with pytest.raises(ProcessorError):
        read_lines([line | {"reporting_category": "fee", "net": -8}])


async def record(live, notify, dispute, kind="updated", **changes):
    live.stripe._set(dispute["id"], **changes)
    await notify(make_event(f"charge.dispute.{kind}", id=dispute["id"]))


def move(before, after):
    """List the ledger's roles that changed, and by how much."""
    sums = {role: after.get(role, 0) - before.get(role, 0) for role in {*before, *after}}
    return {role: amount for role, amount in sums.items() if amount}


@pytest.mark.parametrize("sees_opening", [True, False])
@pytest.mark.parametrize(
    ("status", "fee_back", "expected"),
    [
        ("lost", False, {"clearing": -3_450, "dispute-fees": 2_000, "suspense": 1_450}),
        ("won", False, {"clearing": -2_000, "dispute-fees": 2_000}),
        ("won", True, {}),
    ],
)
async def test_a_dispute_is_posted_when_stripe_takes_its_money_and_when_it_ends(
    live, notify, live_balances, sees_opening, status, fee_back, expected
):
    """Council finance, 4: a processor that takes it at once."""
    payment = await live.paid(amount=1_450)
    before = await live_balances()
    dispute = live.stripe.add_dispute(payment["provider_id"])
    if sees_opening:
        await record(live, notify, dispute, "created")
        assert move(before, await live_balances()) == {
            "clearing": -3_450, "dispute-fees": 2_000, "disputed": 1_450,
        }  # fmt: skip
        assert (await live.get(payment))["refund_summary"]["status"] == "unavailable"
        await record(live, notify, dispute, status="under_review")
    lines = [*dispute["balance_transactions"]]
    if status == "won":
        returned = {"id": "txn_r", "object": "balance_transaction", "currency": "gbp", "created": START}
        lines.append(returned | {"fee": -2_000 if fee_back else 0})
    for _ in range(2):
        await record(live, notify, dispute, "closed", status=status, balance_transactions=lines)
    assert move(before, await live_balances()) == expected
    page = (await live.client.get("/citytown/payments/v1/disputes", headers=live.key)).json()
    (mine,) = [item for item in page["results"] if item["payment_id"] == payment["payment_id"]]
    assert (mine["status"], mine["reason"]) == (status, "fraudulent")


async def test_an_inquiry_takes_nothing_until_it_becomes_a_dispute(live, notify, live_balances):
    payment = await live.paid(amount=1_450)
    before = await live_balances()
    dispute = live.stripe.add_dispute(payment["provider_id"], status="warning_needs_response")
    lines = dispute["balance_transactions"]
    await record(live, notify, dispute, "created", balance_transactions=[])
    assert move(before, await live_balances()) == {}
    for _ in range(2):
        await record(live, notify, dispute, status="needs_response", balance_transactions=lines)
    assert move(before, await live_balances())["disputed"] == 1_450


async def test_a_payout_that_takes_an_open_dispute_leaves_clearing_even(live, notify, settle, live_balances):
    await settle()  # what other tests paid out
    payment = await live.paid(amount=1_450)
    before = await live_balances()
    dispute = live.stripe.add_dispute(payment["provider_id"])
    await record(live, notify, dispute, "created")
    live.stripe.add_payout(
        [("charge", 1_450, 42, _charge(live, payment)), ("dispute", -1_450, 2_000, dispute["id"])]
    )
    await settle()
    after = move(before, await live_balances())
    assert after["clearing"] == -1_450
    assert (after["disputed"], after["dispute-fees"], after["payout"]) == (1_450, 2_000, -2_042)


async def test_a_dispute_of_a_payment_that_is_not_ours_is_not_recorded(live, notify):
    page = (await live.client.get("/citytown/payments/v1/disputes", headers=live.key)).json()
    before = len(page["results"])
    dispute = live.stripe.add_dispute("pi_of_another_system")
    await notify(make_event("charge.dispute.created", id=dispute["id"]))
    page = (await live.client.get("/citytown/payments/v1/disputes", headers=live.key)).json()
    assert len(page["results"]) == before
