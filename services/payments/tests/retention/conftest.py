"""What the tests of retention share: the nights that erase, and the settlement of what was paid."""

import pytest

from chassis.jobs import enqueue
from payments.retention.actions.erasures import FindErasures
from services.payments.tests.reconciliation.conftest import bank, finance, sandbox
from services.payments.tests.reconciliation.ledger import fetch

__all__ = ["bank", "finance", "sandbox"]

FIRST = "2030-05-10T12:00:00+00:00"
PAYER_OVER = "2031-06-11T02:00:00+00:00"  # 13 months and a day
RECORDS_OVER = "2037-04-02T02:00:00+00:00"  # six years after the financial year


@pytest.fixture(autouse=True)
def first_day(set_clock):
    """It is a day in 2030, for the credentials too."""
    set_clock(FIRST)


@pytest.fixture
def night(database, run_jobs, set_clock):
    """Make a function that sets the clock and does what the schedule does in that night."""

    async def run(moment):
        set_clock(moment)
        async with database.writing("*") as session:
            await enqueue(session, FindErasures(), council="*")
        await run_jobs()

    return run


@pytest.fixture
async def settle(sandbox, database, run_jobs):
    """Make a function that has what was paid so far paid out by the processor."""

    async def pay_out():
        await sandbox.payout()
        await fetch(database, run_jobs)

    return pay_out


@pytest.fixture
def export(client, mint):
    """Make a function that exports a payer's data, as finance staff with a live credential do."""

    async def send(council="citytown", mode="live", scopes=("payments:finance",), **body):
        token = mint(scopes=list(scopes), councils=[council], mode=mode, sub="fin", client_id="finance")
        path = f"/{council}/payments/finance/v1/personal-data/exports"
        return await client.post(path, json=body, headers={"Authorization": f"Bearer {token}"})

    return send
