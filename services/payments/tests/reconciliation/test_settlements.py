"""Settlements: fetched from the processor, matched, posted once."""

import pytest
from sqlalchemy import text

from services.payments.tests.reconciliation.ledger import difference, fetch


async def test_a_payout_clears_its_payments_and_keeps_the_fees_apart(
    client, key, paid, sandbox, balances, database, run_jobs
):
    before = await balances()
    payment = await paid(amount=2_000)
    payout = await sandbox.payout()
    await fetch(database, run_jobs)
    await fetch(database, run_jobs)
    moved = await difference(balances, before)
    assert moved == {"payout": payout["amount"], "fees": 2_000 - payout["amount"], "suspense": -2_000}
    async with database.reading("citytown") as session:
        row = await session.first(
            text("SELECT settled_on, fee FROM payment WHERE reference = 'LIB-1' ORDER BY id DESC LIMIT 1")
        )
        events = await session.all(text("SELECT envelope FROM outbox WHERE nats_subject LIKE '%settled'"))
    assert (row.settled_on.isoformat(), row.fee) == (payout["arrival_date"], 2_000 - payout["amount"])
    assert sum(payment["payment_id"] in event.envelope for event in events) == 1


FAULTS = {
    "captured_twice": "captured-twice",
    "amount_differs": "amount-differs",
    "fee_unexpected": "fee-unexpected",
    "unknown_id": "unknown-id",
    "payout_short": "payout-short",
    "reversed": "reversed",
    "wrong_currency": "wrong-currency",
}


@pytest.mark.parametrize(("fault", "kind"), FAULTS.items())
async def test_a_fault_of_a_payout_is_an_exception_of_its_kind(
    paid, sandbox, balances, read_exceptions, database, run_jobs, fault, kind
):
    await paid(amount=2_000)
    await paid(amount=3_000)
    before, clearing = await read_exceptions(), await balances()
    payout = await sandbox.payout(fault)
    await fetch(database, run_jobs)
    exceptions = await read_exceptions()
    for earlier in before:
        exceptions.remove(earlier)
    assert exceptions == [kind]
    moved = await difference(balances, clearing)
    assert sum(moved.values()) == 0
    if kind == "wrong-currency":
        assert moved == {}
    else:
        assert moved["payout"] == payout["amount"]


async def test_another_council_sees_no_settlement(paid, sandbox, database, run_jobs):
    await paid(amount=2_000)
    await sandbox.payout()
    await fetch(database, run_jobs)
    async with database.reading("hillshire") as session:
        for table in ("settlement", "settlement_line", "reconciliation_exception"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
