"""A process that is killed at any point of a call to the processor leaves a payment that others finish."""

import asyncio
import json
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from payments.payments.rules.states import Status
from services.payments.tests.conftest import V1

ROOT = Path(__file__).parents[4]
MODULE = "services.payments.tests.payments.mortal_process"
POINTS = [
    ("authorise", "before"), ("authorise", "after"), ("authorise", "write"),
    ("capture", "before"), ("capture", "after"), ("capture", "write"),
    ("cancel", "before"), ("cancel", "after"),
    ("refund", "before"), ("refund", "after"), ("refund", "write"),
]  # fmt: skip
EVERY_RUN = {("authorise", "after"), ("capture", "write"), ("refund", "after")}
TIMES = int(os.environ.get("TEST_KILLS_OF_POINT", "2"))
SOON = timedelta(minutes=1)


def list_points():
    """List the points: a few of them once in every run, all of them ten times in the long one."""
    once = [pytest.param(*point, 1) for point in POINTS if point in EVERY_RUN]
    return once + [pytest.param(*point, TIMES, marks=pytest.mark.long) for point in POINTS]


@pytest.mark.timeout(60 * max(TIMES, 5))  # each kill starts a process of its own
@pytest.mark.parametrize(("operation", "moment", "times"), list_points())
async def test_a_kill_in_a_call_to_the_processor_changes_nothing(
    open_seller, world, settings, operation, moment, times
):
    for _ in range(times):
        seller = await open_seller()
        await seller.create()
        refund = {
            "path": f"{V1}/{seller.payment}/refunds",
            "body": {"amount": 450},
            "headers": {**seller.desk.headers, "Idempotency-Key": "a-refund"},
        }
        await prepare(world, seller, operation)
        await run_until_killed(settings, payment=seller.payment, operation=operation, moment=moment, **refund)
        await world.run_jobs(SOON)
        if operation == "authorise":
            assert await seller.get_status() is Status.AUTHORISED
            await world.confirm(seller.payment)
        if operation == "refund":
            for _ in range(2):  # the client asks again, under the same key
                answer = await world.client.post(
                    refund["path"], json=refund["body"], headers=refund["headers"]
                )
                assert (answer.status_code, answer.json()["status"]) == (202, "success")
        books = await seller.check()
        assert len(books.authorisations) == 1
        assert len(books.refunds) == (operation == "refund")
        assert await seller.get_status() is (
            Status.CANCELLED_BY_USER if operation == "cancel" else Status.CAPTURED
        )


async def prepare(world, seller, operation):
    """Bring a payment to the call."""
    if operation == "authorise":
        await world.open_page(seller.payment)
        return
    await world.give_card(seller.payment, "visa-credit")
    if operation == "cancel":
        await world.give_up(seller.payment)
        return
    await world.confirm(seller.payment)
    if operation == "refund":
        await world.run_jobs(SOON)


async def run_until_killed(settings, **order):
    """Run the process; it is killed, or the test fails."""
    values = settings.model_dump(mode="json", exclude_unset=True)
    values["sealing_key"] = settings.sealing_key.get_secret_value()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", MODULE, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate(json.dumps({"settings": values, **order}).encode())
    assert process.returncode == -signal.SIGKILL, errors.decode()[-2_000:]
