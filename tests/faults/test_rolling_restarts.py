"""Restarts services three times under load, with two replicas each: no request fails, no POST is doubled.

Address and identity stand for all, which serve by the same code.
"""

import asyncio
import json
import os
from collections import Counter

import asyncpg
import pytest

from dev.ports import Ports
from dev.stack import Stack, database_url
from tests.faults.open_loop import Client, OpenLoop
from tests.faults.replicas import running

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

RATE = int(os.environ.get("TEST_RESTART_RATE", "50"))  # requests a second
ROLLS = 3
SERVICES = ("address", "identity")
ADDRESSES = "/citytown/address/v1/addresses"
UPRNS = range(907900112305, 907900112311)
READS = (
    *(f"{ADDRESSES}/{uprn}" for uprn in UPRNS),
    "/citytown/address/search/places/v1/uprn?uprn=907900112305",
    "/citytown/address/v1/council",
    "/citytown/identity/v1/council",
    "/identity/.well-known/jwks.json",
)
COUNT_BY_NAME = """SELECT upper(pao_text) AS name, count(*) FROM lpi
    WHERE council = 'citytown' AND pao_text ILIKE 'rolling %' GROUP BY 1"""
LOCKED, FREE = 2.5, 1.5  # seconds that the slow street is locked, and then free


class Writers:
    """POSTs that each create one property, on two streets; one is locked now and then, so they are slow."""

    def __init__(self, client, streets):
        self.client = client
        self.streets = streets
        self.created = {}

    async def create(self, number, *, slow):
        reply = await self.post(number, slow=slow)
        if reply.status == 201:
            self.created[number] = (reply.json()["uprn"], slow)
        return reply

    async def post(self, number, *, slow):
        street = self.streets[1 if slow else 0]
        names = ("usrn", "postcode", "easting", "northing")
        body = {name: street[name] for name in names}
        body |= {"building_name": f"Rolling {number}", "classification": "RD06"}
        return await self.client.send("POST", ADDRESSES, body, **{"Idempotency-Key": f"rolling-{number}"})


@pytest.fixture(autouse=True)
def number_range(citytown):
    """Give the council UPRNs to create properties with, and take them back."""
    path = "/citytown/address/v1/ranges"
    before = citytown.get(path)
    ranges = {"uprn": [{"first": 907980000000, "last": 907980099999}], "usrn": []}
    citytown.put(path, json=ranges, headers={"If-Match": before.headers["ETag"]}).raise_for_status()
    yield
    earlier = {
        kind: [{"first": span["first"], "last": span["last"]} for span in before.json()[kind]]
        for kind in ranges
    }
    citytown.put(path, json=earlier, headers={"If-Match": citytown.get(path).headers["ETag"]})


@pytest.fixture
def streets(citytown):
    """Two properties on streets of their own."""
    properties = {}
    for uprn in range(UPRNS[0], UPRNS[0] - 2_000, -1):
        answer = citytown.get(f"{ADDRESSES}/{uprn}")
        if answer.status_code == 200:
            properties.setdefault(answer.json()["usrn"], answer.json())
        if len(properties) == 2:
            return list(properties.values())
    raise AssertionError("the demonstration has one street only")


@pytest.fixture
async def database(platform):
    stack = Stack(platform.state, Ports(platform.base))
    connection = await asyncpg.connect(database_url(stack, "address", "address"))
    yield connection
    await connection.close()


async def keep_locking(connection, usrn):
    """Lock a street for some seconds, again and again."""
    while True:
        async with connection.transaction():
            await connection.execute(
                "SELECT FROM street WHERE council = 'citytown' AND usrn = $1 FOR UPDATE", usrn
            )
            await asyncio.sleep(LOCKED)
        await asyncio.sleep(FREE)


def send_mixed(writers):
    """Of twenty requests four create a property, one does so slowly, and the rest read."""

    async def send(number):
        kind = number % 20
        if kind in (3, 7, 11, 15):
            return await writers.create(number, slow=False)
        if kind == 19:
            return await writers.create(number, slow=True)
        return await writers.client.send("GET", READS[number % len(READS)])

    return send


async def roll(replicas, times):
    for _ in range(times):
        for replica in replicas:
            await replica.restart()


async def run_load(writers, work):
    """Send requests while ``work`` runs."""
    loop = OpenLoop(RATE, send_mixed(writers))
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
    return loop


async def test_three_rolling_restarts_fail_no_request_and_double_none(platform, streets, database, tmp_path):
    async with running(platform, tmp_path, services=SERVICES) as replicas:
        writers = Writers(Client(replicas.port, {"X-Api-Key": platform.key()}), streets)
        locking = asyncio.create_task(keep_locking(database, int(streets[1]["usrn"])))
        rolls = asyncio.gather(*(roll(replicas.by_service[name], ROLLS) for name in SERVICES))
        load = await run_load(writers, rolls)
        locking.cancel()
        await asyncio.gather(locking, return_exceptions=True)
        exits = Counter(
            code for name in SERVICES for each in replicas.by_service[name] for code in each.exits
        )
        assert exits == {-15: 2 * ROLLS * len(SERVICES)}
        assert load.failures == []
        await check_created_once(database, writers)


async def check_created_once(database, writers):
    """Each POST created its property once: by the database, and by its repeated answer."""
    rows = await database.fetch(COUNT_BY_NAME)
    names = {f"ROLLING {number}" for number in writers.created}
    assert {row["name"]: row["count"] for row in rows} == dict.fromkeys(names, 1)
    for number, (uprn, slow) in list(writers.created.items())[::10]:
        again = await writers.post(number, slow=slow)
        assert (again.status, again.json()["uprn"]) == (201, uprn)


def without_retries(folder):
    """Take the retries out of the route file."""
    file = folder / "routes.json"
    content = json.loads(file.read_text())
    content["resources"][0]["virtual_hosts"][0]["retry_policy"] = {}
    file.write_text(json.dumps(content))


async def test_without_a_wait_requests_fail(platform, streets, tmp_path):
    """Show that the proof can fail: without the drain, and the retries that hide most of what it prevents."""
    async with running(
        platform, tmp_path, drain_wait=0, services=SERVICES, change_files=without_retries
    ) as replicas:
        writers = Writers(Client(replicas.port, {"X-Api-Key": platform.key()}), streets)
        load = await run_load(writers, roll(replicas.by_service["address"], 1))
    assert load.outcomes[503]
