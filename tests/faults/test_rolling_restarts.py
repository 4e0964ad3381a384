"""Restarts services three times under load, with two replicas each: no request fails, no POST is doubled.

Address and identity stand for all, which serve by the same code. ``TEST_RESTART_SERVICES=address,mapping``
restarts others, ``TEST_RESTART_RATE`` sets the requests a second.
"""

import asyncio
import json
import os
import signal
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import pytest

from dev.ports import Ports
from dev.stack import Stack, database_url
from tests.faults.open_loop import Client, OpenLoop
from tests.faults.replicas import running

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

RATE = int(os.environ.get("TEST_RESTART_RATE", "50"))  # requests a second
ROLLS = 3
SERVICES = tuple(os.environ.get("TEST_RESTART_SERVICES", "address,identity").split(","))
ADDRESSES = "/citytown/address/v1/addresses"
UPRNS = range(907900112305, 907900112311)
READS = (
    *(f"{ADDRESSES}/{uprn}" for uprn in UPRNS),
    "/citytown/address/search/places/v1/uprn?uprn=907900112305",
    "/citytown/address/v1/council",
    "/citytown/identity/v1/council",
    "/identity/.well-known/jwks.json",
    *(f"/citytown/{name}/v1/council" for name in SERVICES if name not in {"address", "identity"}),
)
COUNT_BY_NAME = """SELECT upper(pao_text) AS name, count(*) FROM lpi
    WHERE council = $1 AND pao_text ILIKE 'rolling %' GROUP BY 1"""
COUNCILS = {"citytown": 907900112305, "hillshire": 907800009448}  # and a property of each
LOCK_HILLSHIRE = "SELECT pg_advisory_xact_lock(7430002, hashtext('hillshire'))"
LOCKED, FREE = 2.5, 1.5  # seconds that hillshire is locked, and then free


@dataclass
class Writer:
    """Creates properties of a council by POST; each has a name and an Idempotency-Key of its own."""

    council: str
    client: Client
    beside: dict[str, Any]  # a property: the new ones are on its street
    created: dict[int, int] = field(default_factory=dict)  # UPRNs, by the number of the request

    async def create(self, number):
        reply = await self.post(number)
        if reply.status == 201:
            self.created[number] = reply.json()["uprn"]
        return reply

    async def post(self, number):
        body = {name: self.beside[name] for name in ("usrn", "postcode", "easting", "northing")}
        body |= {"building_name": f"Rolling {number}", "classification": "RD06"}
        path = f"/{self.council}/address/v1/addresses"
        return await self.client.send("POST", path, body, **{"Idempotency-Key": f"rolling-{number}"})


@pytest.fixture
def councils(platform):
    """Give each council UPRNs to create properties with, and return a property of each."""
    with ExitStack() as stack:
        yield {
            council: stack.enter_context(
                number_range(platform, council, uprn, 907_980_000_000 + 100_000 * index)
            )
            for index, (council, uprn) in enumerate(COUNCILS.items())
        }


@contextmanager
def number_range(platform, council, uprn, first):
    headers = {"X-Api-Key": platform.key(council)}
    base = f"{platform.gateway}/{council}/address/v1/"
    with httpx.Client(base_url=base, headers=headers, timeout=20, trust_env=False) as client:

        def put(ranges):
            tag = client.get("ranges").headers["ETag"]
            client.put("ranges", json=ranges, headers={"If-Match": tag}).raise_for_status()

        before = client.get("ranges").json()
        put({"uprn": [{"first": first, "last": first + 99_999}], "usrn": []})
        yield client.get(f"addresses/{uprn}").raise_for_status().json()
        spans = {
            kind: [{key: span[key] for key in ("first", "last")} for span in before[kind]]
            for kind in ("uprn", "usrn")
        }
        put(spans)


@pytest.fixture
async def database(platform):
    stack = Stack(platform.state, Ports(platform.base))
    connection = await asyncpg.connect(database_url(stack, "address", "address"))
    yield connection
    await connection.close()


async def keep_locking(connection):
    """Lock hillshire's gazetteer for some seconds, again and again: who writes there waits."""
    while True:
        async with connection.transaction():
            await connection.execute(LOCK_HILLSHIRE)
            await asyncio.sleep(LOCKED)
        await asyncio.sleep(FREE)


def send_mixed(client, quick, slow):
    """Of forty requests five create a property, one of them slowly, and the rest read."""

    async def send(number):
        if number % 10 == 3:
            return await quick.create(number)
        if number % 40 == 19:
            return await slow.create(number)
        return await client.send("GET", READS[number % len(READS)])

    return send


async def roll(replicas, times):
    for _ in range(times):
        for replica in replicas:
            await replica.restart()


@dataclass
class Run:
    """What a run of the load has to show."""

    loop: OpenLoop
    writers: tuple[Writer, Writer]


async def run_load(platform, port, councils, work):
    """Send requests while ``work`` runs."""
    clients = {council: Client(port, {"X-Api-Key": platform.key(council)}) for council in COUNCILS}
    quick, slow = (Writer(council, clients[council], councils[council]) for council in COUNCILS)
    loop = OpenLoop(RATE, send_mixed(clients["citytown"], quick, slow))
    stopping = asyncio.Event()
    load = asyncio.create_task(loop.run(stopping))
    try:
        await asyncio.sleep(2)
        await work
        await asyncio.sleep(2)
    finally:
        stopping.set()
        await load
    print(
        f"{loop.count} requests, {dict(loop.outcomes)}, p50 {loop.percentile(0.5):.3f} s,"
        f" p99 {loop.percentile(0.99):.3f} s; {loop.failures[:5]}"
    )
    return Run(loop, (quick, slow))


async def test_three_rolling_restarts_fail_no_request_and_double_none(platform, councils, database, tmp_path):
    async with running(platform, tmp_path, services=SERVICES) as replicas:
        locking = asyncio.create_task(keep_locking(database))
        rolls = asyncio.gather(*(roll(replicas.by_service[name], ROLLS) for name in SERVICES))
        run = await run_load(platform, replicas.port, councils, rolls)
        locking.cancel()
        await asyncio.gather(locking, return_exceptions=True)
        exits = Counter(
            code for name in SERVICES for each in replicas.by_service[name] for code in each.exits
        )
        assert exits == {-signal.SIGTERM: 2 * ROLLS * len(SERVICES)}
        assert run.loop.failures == []
        for writer in run.writers:
            await check_created_once(database, writer)


async def check_created_once(database, writer):
    """Each POST created its property once: by the database, and by its repeated answer."""
    rows = await database.fetch(COUNT_BY_NAME, writer.council)
    names = {f"ROLLING {number}" for number in writer.created}
    assert len(names) > 20
    assert {row["name"]: row["count"] for row in rows} == dict.fromkeys(names, 1)
    for number, uprn in list(writer.created.items())[::10]:
        again = await writer.post(number)
        assert (again.status, again.json()["uprn"]) == (201, uprn)


def without_retries(folder):
    """Take the retries out of the route file."""
    file = folder / "routes.json"
    content = json.loads(file.read_text())
    content["resources"][0]["virtual_hosts"][0]["retry_policy"] = {}
    file.write_text(json.dumps(content))


async def test_without_a_wait_requests_fail(platform, councils, tmp_path):
    """Show that the proof can fail: without the drain, and the retries that hide most of what it prevents."""
    async with running(
        platform, tmp_path, drain_wait=0, services=SERVICES, change_files=without_retries
    ) as replicas:
        work = roll(replicas.by_service["address"], 1)
        run = await run_load(platform, replicas.port, councils, work)
    assert run.loop.outcomes[503]
