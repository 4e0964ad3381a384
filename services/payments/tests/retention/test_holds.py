"""What keeps a payment from being erased: a hold, a dispute, money that is not reconciled, a longer fund."""

import pytest
from sqlalchemy import text

from chassis import ids
from payments.retention.actions import erasures
from services.payments.tests.conftest import create, get
from services.payments.tests.funds.finance import import_default, read_finance
from services.payments.tests.retention.conftest import PAYER_OVER, RECORDS_OVER

LATER = "2033-01-01T02:00:00+00:00"


def hold_of(payment, council="citytown"):
    return f"/{council}/payments/finance/v1/payments/{payment['payment_id']}/hold"


@pytest.fixture
def read_payer(database):
    """Make a function that reads a payment's payer; None when they are erased."""

    async def read(payment):
        async with database.reading("citytown") as session:
            values = {"id": ids.read(payment["payment_id"])}
            return await session.first(
                text("SELECT email FROM payer WHERE payment = CAST(:id AS uuid)"), values
            )

    return read


@pytest.fixture
async def settled(paid, settle):
    """A payment of a day in 2030, paid out by the processor."""
    payment = await paid()
    await settle()
    return payment


async def test_a_payer_is_erased_after_the_months_of_the_fund(client, make_key, settled, night, read_payer):
    await night("2031-06-09T02:00:00+00:00")
    assert await read_payer(settled)
    await night(PAYER_OVER)
    assert await read_payer(settled) is None
    record = await get(client, make_key(), settled)
    assert (record["amount"], record["reference"], record["description"]) == (1_450, "LIB-1", "")
    assert record["state"]["status"] == "success"
    assert not {"card_details", "metadata"} & record.keys()
    assert record["refund_summary"]["status"] == "available"


async def test_the_line_whose_fund_keeps_it_longest_decides(
    client, mint, make_key, payer, run_jobs, settle, night, read_payer
):
    await import_default(client, mint, "citytown", "england")
    funds = (await read_finance(client, mint, "citytown")).funds
    headers = {"Authorization": f"Bearer {mint(scopes=['payments:finance'], mode='live')}", "If-Match": '"1"'}
    path = f"/citytown/payments/finance/v1/funds/{funds['GW']['id']}"
    changed = await client.patch(path, json={"retention_months": 30}, headers=headers)
    assert changed.status_code == 200, changed.text
    lines = [
        {"fund": "23", "reference": "800123459", "amount": 1_000},
        {"fund": "GW", "reference": "GW-1", "amount": 450},
    ]
    payment = await create(client, make_key(), amount=1_450, lines=lines)
    await payer.pay(payment)
    await run_jobs()
    await settle()
    await night("2032-05-11T02:00:00+00:00")  # 24 months, for council tax
    assert await read_payer(payment)
    await night("2032-11-11T02:00:00+00:00")
    assert await read_payer(payment) is None


async def test_a_held_payment_is_kept_until_the_hold_is_lifted(client, finance, settled, night, read_payer):
    path = hold_of(settled)
    placed = await client.put(path, json={"reason": "Claim 12"}, headers=finance())
    assert (placed.status_code, placed.json()["reason"]) == (200, "Claim 12")
    await night(RECORDS_OVER)
    assert await read_payer(settled)
    assert (await client.get(path, headers=finance())).json() == placed.json()
    assert (await client.delete(path, headers=finance())).status_code == 204
    assert (await client.delete(path, headers=finance())).status_code == 404
    await night("2037-04-03T02:00:00+00:00")
    assert await read_payer(settled) is None


async def test_a_hold_is_recorded_and_its_reason_is_erased_with_the_payment(
    client, finance, database, settled, night
):
    path = hold_of(settled)
    for reason in ("Claim 12", "Claim 12", "Claim of Zebedee"):
        await client.put(path, json={"reason": reason}, headers=finance())
    await client.delete(path, headers=finance())
    query = text("""SELECT a.act, p.changes::text AS changes FROM audit a LEFT JOIN audit_personal p
        ON p.council = a.council AND p.id = a.id WHERE a.aggregate_id = :id ORDER BY a.id""")
    values = {"id": settled["payment_id"]}
    async with database.reading("citytown") as session:
        before = await session.all(query, values)
    assert [row.act for row in before] == ["hold-placed", "hold-placed", "hold-lifted"]
    assert "Zebedee" in before[1].changes
    await night(PAYER_OVER)
    async with database.reading("citytown") as session:
        after = await session.all(query, values)
    assert [row.act for row in after][3:] == ["personal-data-erased"]
    assert [row.changes for row in after] == [None] * 4


@pytest.mark.parametrize(
    ("council", "mode", "scopes", "status"),
    [
        ("hillshire", "sandbox", ["payments:finance"], 404),
        ("citytown", "live", ["payments:finance"], 404),
        ("citytown", "sandbox", ["payments:finance-read", "payments:refund"], 403),
    ],
)
async def test_nobody_else_holds_a_payment(client, finance, settled, council, mode, scopes, status):
    headers = finance(council, mode, scopes)
    path = hold_of(settled, council)
    assert (await client.put(path, json={"reason": "Mine"}, headers=headers)).status_code == status
    assert (await client.delete(path, headers=headers)).status_code == status


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": " "}, {"reason": "x" * 501}, {"reason": "4929421234600821"}, {"reason": "a\u0000"}],
)
async def test_a_hold_says_why_and_no_card_number(client, finance, settled, body):
    response = await client.put(hold_of(settled), json=body, headers=finance())
    assert response.status_code in {400, 422}
    assert "reason" in response.text


async def test_an_erased_payment_is_not_held(client, finance, settled, night):
    await night(PAYER_OVER)
    await night(RECORDS_OVER)
    response = await client.put(hold_of(settled), json={"reason": "Too late"}, headers=finance())
    assert (response.status_code, response.json()["code"]) == (409, "payment-erased")


async def test_a_payment_that_is_not_reconciled_is_kept_for_seven_years_at_most(paid, night, read_payer):
    payment = await paid()
    await night(LATER)
    assert await read_payer(payment)
    await night(RECORDS_OVER)
    assert await read_payer(payment) is None


async def test_a_disputed_payment_is_kept_until_the_dispute_is_over(
    client, settled, database, night, read_payer
):
    dispute = text("""INSERT INTO dispute (council, id, payment, account, provider_id, state, reason, amount,
            fee, version, created_at)
        SELECT council, :id, id, account, 'dp_1', 'under_review', 'general', 100, 0, 1, created_at
        FROM payment WHERE id = CAST(:payment AS uuid)""")
    values = {"payment": ids.read(settled["payment_id"]), "id": str(ids.new())}
    async with database.writing("citytown") as session:
        await session.execute(dispute, values)
    await night(RECORDS_OVER)
    assert await read_payer(settled)
    async with database.writing("citytown") as session:
        await session.execute(text("UPDATE dispute SET state = 'won' WHERE provider_id = 'dp_1'"))
    await night("2037-04-03T02:00:00+00:00")
    assert await read_payer(settled) is None


async def test_a_payment_that_somebody_works_on_is_left_to_the_next_night(
    database, settled, night, read_payer
):
    async with database.writing("citytown") as session:
        await session.execute(
            text("SELECT FROM payment WHERE id = CAST(:id AS uuid) FOR UPDATE"),
            {"id": ids.read(settled["payment_id"])},
        )
        await night(PAYER_OVER)
    assert await read_payer(settled)
    await night("2031-06-12T02:00:00+00:00")
    assert await read_payer(settled) is None


async def test_what_is_not_paid_is_erased_too(client, make_key, payer, night, read_payer, run_jobs):
    payment = await create(client, make_key(), email="zebedee@payer.example")
    await payer.open(payment)
    await payer.cancel(payment)
    await night(PAYER_OVER)
    assert await read_payer(payment) is None


async def test_batches_go_on_behind_those_that_are_kept(
    client, make_key, database, night, read_payer, monkeypatch
):
    monkeypatch.setattr(erasures, "_BATCH", 2)
    payments = [await create(client, make_key(), email=f"z{n}@payer.example") for n in range(7)]
    async with database.writing("citytown") as session:
        await session.execute(
            text("UPDATE payment SET status = 'expired' WHERE id = ANY(CAST(:ids AS uuid[]))"),
            {"ids": [str(ids.read(payment["payment_id"])) for payment in payments[3:]]},
        )
    await night(PAYER_OVER)
    assert [bool(await read_payer(payment)) for payment in payments] == [True] * 3 + [False] * 4


async def test_a_night_that_failed_is_done_in_the_next(
    client, settled, database, night, read_payer, monkeypatch
):
    async def fail(*_, **__):
        raise RuntimeError("the worker dies here")

    with monkeypatch.context() as patch:
        patch.setattr(erasures, "_record", fail)
        await night(PAYER_OVER)
    assert await read_payer(settled), "a batch is erased as a whole or not at all"
    await night("2031-06-12T02:00:00+00:00")
    assert await read_payer(settled) is None
