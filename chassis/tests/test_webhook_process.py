"""The worker process delivers webhooks, and a second one what the first had in hand when it was killed."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chassis.testing import SEALING_KEY, eventually
from chassis.testing.servers import Server, listening


@asynccontextmanager
async def running_worker(settings):
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parent),
        "NOTES_DATABASE_URL": settings.database_url,
        "NOTES_NATS_URL": settings.nats_url,
        "NOTES_NATS_SEED": settings.nats_seed.get_secret_value(),
        "NOTES_SEALING_KEY": SEALING_KEY,
        "NOTES_OUTBOUND_PRIVATE": "true",
    }
    argv = [sys.executable, "-m", "chassis", "work", "notes", "--port", "0"]
    process = await asyncio.create_subprocess_exec(*argv, env=environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.long
async def test_what_a_killed_worker_had_in_hand_is_delivered_by_the_next(hooks, app, settings):
    app.state.settings = settings.model_copy(update={"outbound_private": True})
    async with listening(Server(pause=0.5), None) as receiver:
        url = f"http://127.0.0.1:{receiver.port}/hook"
        subscription = await hooks.subscribe(url=url, mode="sandbox")
        hooks.server = receiver
        await hooks.send(mode="sandbox")
        async with running_worker(settings) as process:
            await eventually(lambda: is_called(receiver), within=30)
            process.send_signal(signal.SIGKILL)
        assert (await hooks.read_delivery(mode="sandbox"))["status"] == "pending"
        receiver.pause = 0
        async with running_worker(settings):
            await eventually(lambda: is_delivered(hooks), within=30)
        messages = hooks.list_messages()
        assert len({message.id for message in messages}) == 1 < len(messages)
        messages[-1].verify(subscription["secret"])


async def is_called(receiver):
    return len(receiver.requests) == 1


async def is_delivered(hooks):
    return (await hooks.read_delivery(mode="sandbox"))["status"] == "delivered"
