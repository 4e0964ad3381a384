"""A process that does a step of a payment and is killed in the middle: a JSON object of what, and where.

``before``: the processor is about to be called. ``after``: it has answered, and nobody has written that down.
``write``: what it answered is written, and not committed.
"""

import asyncio
import json
import os
import signal
import sys

from chassis import ids
from chassis.app import create_app
from chassis.jobs import CallContext
from chassis.jobs.runner import JobRunner
from chassis.testing import running
from payments.app import service
from payments.payments.actions import changes, payer
from payments.payments.actions.payer import Card
from payments.processors.actions.sandbox.processor import SandboxProcessor

COUNCIL = "citytown"


def die(*_args, **_options):
    os.kill(os.getpid(), signal.SIGKILL)


def arm(operation, moment):
    """Have the process killed at this moment of the call to the processor."""
    call = getattr(SandboxProcessor, operation)

    async def call_and_die(self, *arguments):
        if moment == "before":
            die()
        result = await call(self, *arguments)
        if moment == "after":
            die()
        # What follows writes the result: die with its transaction open.
        changes.lock = die
        return result

    setattr(SandboxProcessor, operation, call_and_die)


async def main(order):
    settings = service.settings(**order["settings"])
    database = service.database(settings)
    payment = ids.read(order["payment"])
    arm(order["operation"], order["moment"])
    context = CallContext(database, settings)
    if order["operation"] == "authorise":
        async with database.writing(COUNCIL) as session:
            chosen = Card("visa-credit", {"email": "ann@payer.example"})
            operation = await payer.choose_card(session, COUNCIL, payment, chosen, "https://pay.example/back")
        await payer.authorise(context, operation)
    elif order["operation"] == "refund":
        async with running(create_app(service, settings)) as client:
            await client.post(order["path"], json=order["body"], headers=order["headers"])
    else:
        await JobRunner("payments", service.all_jobs, [], database, settings).drain()


if __name__ == "__main__":
    asyncio.run(main(json.load(sys.stdin)))
