"""The simulator as a process of its own, which may be killed at any time."""

import asyncio
import random
import sys
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from chassis.testing import eventually
from dev import ports
from dev.readiness import http_ready
from simulators.card_processor.simulator import Simulator
from simulators.card_processor.tests.merchant import Merchant, Receiver


@asynccontextmanager
async def running(port, folder):
    argv = [sys.executable, "-m", "simulators.card_processor", "--port", str(port), "--state", str(folder)]
    process = await asyncio.create_subprocess_exec(*argv, stderr=asyncio.subprocess.PIPE)
    try:
        ready = http_ready(port, "/simulator/style.css")
        await eventually(lambda: process.returncode is not None or ready(), within=20)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def calling(port):
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        yield Merchant(http, "sim_citytown_1")


async def test_what_was_accepted_outlives_a_kill(tmp_path):
    port, folder = ports.free_port(), tmp_path / "state"
    async with running(port, folder) as process, calling(port) as merchant:
        await merchant.control("PUT", "clock", 200, now="2026-04-01T09:00:00Z")
        await merchant.control("PATCH", "settings", 200, capture_delay=60)
        await merchant.control("POST", "faults", 201, operation="refund", fault="error-before", count=2)
        payment = await merchant.pay(2_000, key="k1")
        await merchant.authorise(key="k3", reference="4242424242424242", status=400)
        await merchant.control(
            "POST", "faults", 201, operation="authorise", fault="timeout-after-accept", seconds=60
        )
        lost = asyncio.create_task(merchant.authorise(amount=700, key="k2"))

        async def is_accepted():
            return len((await merchant.get("/v1/authorisations"))["data"]) == 2

        await eventually(is_accepted)
        process.kill()
        assert isinstance((await asyncio.gather(lost, return_exceptions=True))[0], httpx.HTTPError)
    async with running(port, folder), calling(port) as merchant:
        assert await merchant.pay(2_000, key="k1") == payment
        await merchant.authorise(amount=700, key="k2")
        assert [record["amount"] for record in (await merchant.get("/v1/authorisations"))["data"]] == [
            2_000,
            700,
        ]
        account = await merchant.get("/control")
        assert account["clock"] == {"now": "2026-04-01T09:00:00.000Z", "running": False}
        assert account["faults"][0]["count"] == 2
        await merchant.advance(60)
        assert (await merchant.get(f"/v1/captures/{payment['capture']}"))["status"] == "captured"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    for content in (path.read_bytes() for path in folder.iterdir()):
        assert b"sim_citytown_1" not in content
        assert b"4242424242424242" not in content


@pytest.mark.long
async def test_each_acknowledged_key_has_one_effect_however_often_it_is_killed(tmp_path):
    port, chance, answers = ports.free_port(), random.Random(12), {}
    async with calling(port) as merchant:

        async def pay(client):
            for key in (f"{client}-{number}" for number in range(60)):
                while key not in answers:
                    try:
                        answers[key] = await merchant.pay(100 + client, reference=key, key=key)
                    except httpx.TransportError:
                        await asyncio.sleep(0.05)

        clients = asyncio.gather(*(pay(client) for client in range(10)))
        kills = 0
        while not clients.done():
            async with running(port, tmp_path) as process:
                await asyncio.wait([clients], timeout=chance.uniform(0.2, 0.6))
                if not clients.done():
                    process.kill()
                    kills += 1
        await clients
        async with running(port, tmp_path):
            payout = await merchant.payout()
            lines, page = [], {"next": None}
            while page["next"] or not lines:
                after = {"after": page["next"]} if page["next"] else {}
                page = await merchant.get("/v1/balance_transactions", payout=payout["id"], limit=500, **after)
                lines += page["data"]
    assert kills > 1
    assert sorted(line["reference"] for line in lines) == sorted(answers)
    assert {line["source"] for line in lines} == {answer["capture"] for answer in answers.values()}
    assert payout["amount"] == sum(line["net"] for line in lines)


async def test_a_second_process_does_not_share_the_state(tmp_path):
    simulator = Simulator(folder=tmp_path)
    async with running(ports.free_port(), tmp_path) as process:
        assert await process.wait() == 1
        assert b"does another process use it?" in await process.stderr.read()
    simulator.close()


async def test_its_application_delivers_by_itself(simulator):
    port = ports.free_port()
    config = uvicorn.Config(simulator.app, port=port, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None
    task = asyncio.create_task(server.serve())
    async with calling(port) as merchant:
        await eventually(lambda: server.started, within=20)
        account = await merchant.control("PUT", "webhook", 200, url="http://127.0.0.1/hooks")
        receiver = Receiver(account["webhook"]["secret"])
        simulator.transport = httpx.ASGITransport(receiver)
        await merchant.control("PATCH", "settings", 200, capture_delay=1)
        await merchant.pay()  # its capture is due by the clock alone, which runs
        await eventually(lambda: len(receiver.messages) == 2, within=20)
    assert receiver.types == ["authorisation.authorised", "capture.captured"]
    server.should_exit = True
    await task
