"""A process that calls the provider of Direct Debit and is killed: a JSON object of what, and where.

``before``: the provider is about to be called. ``after``: it has answered, and nobody has written that down.
``write``: what it answered is being written, and not committed.
"""

import asyncio
import json
import os
import signal
import sys
from datetime import datetime

from chassis import clock, ids, recovery
from chassis.jobs import CallContext
from chassis.jobs.runner import JobRunner
from payments.app import service
from payments.direct_debit.actions import calls
from payments.direct_debit.store import mandates
from payments.processors.actions import gocardless_payouts
from payments.processors.actions.gocardless import GoCardless
from payments.reconciliation.actions import bank_matches

COUNCIL = "citytown"
WRITES = {
    "create_billing_request": (mandates, "update_mandate"),
    "create_payment": (calls, "_write"),
    "retry_payment": (calls, "_write"),
    "list_payout_lines": (bank_matches, "match_amounts"),
}
"""What is called while an answer is written: of the import of a payout the last thing."""


def die(*_args, **_options):
    os.kill(os.getpid(), signal.SIGKILL)


def arm(operation, moment):
    """Have the process killed at this moment of the call to the provider."""
    place = gocardless_payouts if operation == "list_payout_lines" else GoCardless
    call = getattr(place, operation)

    async def call_and_die(*arguments, **members):
        if moment == "before":
            die()
        result = await call(*arguments, **members)
        if moment == "after":
            die()
        setattr(*WRITES[operation], die)
        return result

    setattr(place, operation, call_and_die)


async def main(order):
    settings = service.settings(**order["settings"])
    database = service.database(settings)
    arm(order["operation"], order["moment"])
    if order["operation"] == "create_billing_request":
        async with database.writing(COUNCIL) as session:
            operation = await calls.begin_sign_up(session, COUNCIL, ids.read(order["mandate"]))
        await recovery.run(CallContext(database, settings), calls.handlers, operation)
    else:
        await JobRunner("payments", service.all_jobs, [], database, settings).drain()


if __name__ == "__main__":
    instructions = json.load(sys.stdin)
    now = datetime.fromisoformat(instructions["now"])
    with clock.reading(lambda: now):
        asyncio.run(main(instructions))
