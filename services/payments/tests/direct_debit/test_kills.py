"""A process that is killed at any point of a call to the provider leaves work that others finish, once."""

import asyncio
import json
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from chassis import clock, ids
from chassis.jobs import enqueue
from payments.direct_debit.actions.provider_reads import FindDueDebits
from payments.reconciliation.actions.fetches import FindAccounts
from services.payments.tests.direct_debit.debits import SCOPES
from services.payments.tests.reconciliation.ledger import difference

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[4]
MODULE = "services.payments.tests.direct_debit.mortal_process"
POINTS = [
    *[(operation, moment) for operation in (
        "create_billing_request", "create_payment", "retry_payment", "list_payout_lines"
    ) for moment in ("before", "after", "write")],
    ("cancel_mandate", "before"), ("cancel_mandate", "after"),
]  # fmt: skip
EVERY_RUN = {("create_billing_request", "after"), ("create_payment", "after"), ("list_payout_lines", "write")}
TIMES = int(os.environ.get("TEST_KILLS_OF_POINT", "2"))
SOON = timedelta(minutes=5)
_LINES = text("SELECT rule FROM settlement_line WHERE collection = :id")


def list_points():
    """List the points: a few of them once in every run, all of them in the long one."""
    once = [pytest.param(*point, 1) for point in POINTS if point in EVERY_RUN]
    return once + [pytest.param(*point, TIMES, marks=pytest.mark.long) for point in POINTS]


@pytest.mark.timeout(60 * max(TIMES, 5))  # each kill starts a process of its own
@pytest.mark.parametrize(("operation", "moment", "times"), list_points())
async def test_a_kill_in_a_call_to_the_provider_changes_nothing(
    debits, settings, balances, database, operation, moment, times
):
    for _ in range(times):
        await debits.begin("2027-04-06")
        await ACTS[operation](Mortal(debits, settings, balances, database, operation, moment))


class Mortal:
    """A council's Direct Debits, one call of which is killed."""

    def __init__(self, debits, settings, balances, database, operation, moment):
        self.debits, self.settings, self.balances, self.database = debits, settings, balances, database
        self.operation, self.moment = operation, moment

    async def die(self, **order):
        """Run the process until it is killed, and then what a worker does minutes later."""
        await run_until_killed(
            self.settings, operation=self.operation, moment=self.moment, now=clock.now().isoformat(), **order
        )
        await self.debits.run_jobs(after=SOON)

    async def pass_to(self, day):
        """Let days pass at both places; what is due by then waits for the process."""
        self.debits.set_clock(f"{day}T09:00:00Z")
        self.debits.key = self.debits.make_key(extra=SCOPES)
        await self.debits.control("PUT", "clock", now=f"{day}T09:00:00+00:00")
        async with self.database.writing() as session, session.region_wide():
            await enqueue(session, FindDueDebits(), council="*")
            await enqueue(session, FindAccounts(), council="*")

    async def count(self, kind):
        return len(await self.debits.list_at_provider(kind))


async def sign_up(mortal):
    mandate = await mortal.debits.create_mandate()
    before = await mortal.count("billing_requests")
    await mortal.die(mandate=mandate["id"])
    signed = await mortal.debits.sign(mandate)
    assert signed["state"] in {"pending", "submitted"}
    assert await mortal.count("billing_requests") == before + 1


async def submit(mortal):
    debits = mortal.debits
    mandate = await debits.make_active()
    collection = await debits.collect(mandate, charge_date="2027-04-23")
    before, ledger = await mortal.count("payments"), await mortal.balances()
    await mortal.pass_to("2027-04-16")
    await mortal.die()
    assert (await debits.reload(collection))["state"] == "submitted"
    assert await mortal.count("payments") == before + 1
    await debits.go_to("2027-04-23")
    assert (await debits.reload(collection))["state"] == "collected"
    assert await difference(mortal.balances, ledger) == {"direct-debit": 16_200, "fund": -16_200}


async def present_again(mortal):
    debits = mortal.debits
    first, payment = await debits.make_collected(await debits.make_active())
    await debits.fail(payment, "ARUDD-0")
    first = await debits.reload(first)
    path = f"/collections/{first['id']}/presentations"
    body, key = {"charge_date": "2027-05-14"}, {"Idempotency-Key": payment}
    again = await debits.send("POST", path, body, version=first["version"], **key)
    await debits.run_jobs()
    await mortal.pass_to("2027-05-07")
    await mortal.die()
    assert (await debits.reload(again))["state"] == "submitted"
    [retried] = [item for item in await debits.list_at_provider("payments") if item["id"] == payment]
    assert retried["charge_date"] == "2027-05-14"


async def cancel(mortal):
    debits = mortal.debits
    mandate = await debits.make_active()
    await debits.send("POST", f"/mandates/{mandate['id']}/cancel", version=mandate["version"])
    await mortal.die()
    [status] = [item["status"] for item in await debits.list_at_provider("mandates")][-1:]
    assert status == "cancelled"
    await debits.deliver()
    assert (await debits.reload(mandate))["state"] == "cancelled"


async def pay_out(mortal):
    debits = mortal.debits
    mandate, ledger = await debits.make_active(), await mortal.balances()
    earlier = await mortal.count("payouts")
    collection, _ = await debits.make_collected(mandate)
    await mortal.pass_to("2027-04-27")
    await mortal.die()
    await debits.work()
    payouts = (await debits.list_at_provider("payouts"))[earlier:]
    moved = await difference(mortal.balances, ledger)
    assert len(payouts) == 1
    assert (moved["payout"], moved["fees"]) == (payouts[0]["amount"], payouts[0]["deducted_fees"])
    async with mortal.database.reading("citytown") as session:
        lines = await session.all(_LINES, {"id": ids.read(collection["id"])})
    assert [line.rule for line in lines] == ["collection-by-processor-id"]


ACTS = {
    "create_billing_request": sign_up,
    "create_payment": submit,
    "retry_payment": present_again,
    "cancel_mandate": cancel,
    "list_payout_lines": pay_out,
}


async def run_until_killed(settings, **order):
    """Run the process; it is killed, or the test fails."""
    values = settings.model_dump(mode="json", exclude_unset=True)
    values["sealing_key"] = settings.sealing_key.get_secret_value()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", MODULE, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate(json.dumps({"settings": values, **order}).encode())
    assert process.returncode == -signal.SIGKILL, errors.decode()[-2_000:]
