"""A council's own program follows its events, as docs/events.md says."""

import asyncio
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from chassis.broker import connection as broker
from chassis.broker.connection import Access

CHANGE = "/citytown/address/v1/addresses/907900112306"


def run_consumer_command(platform, *arguments):
    command = [sys.executable, "-m", "dev", "consumer", "--state", str(platform.state), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def read_access(output):
    """Read what the command printed, a line each of a name and its value, and the seed's file."""
    access = dict(line.split(maxsplit=1) for line in output.splitlines() if line)
    return access | {"seed": Path(shlex.split(access["seed"])[0]).read_text().strip()}


async def connect(access):
    user = access["user"].partition(",")[0]
    assert access["inbox"] == f"_INBOX.{user}"
    return await broker.connect(Access(access["server"], user, access["seed"]), "crm"), user


async def read_councils(access, stream):
    client, user = await connect(access)
    pull = await client.jetstream().pull_subscribe_bind(user, stream=stream)
    councils = set()
    try:
        while True:
            for message in await pull.fetch(100, timeout=1):
                councils.add(message.subject.split(".")[1])
                await message.ack()
    except TimeoutError:
        return councils
    finally:
        await client.close()


@pytest.fixture
def access(platform):
    added = run_consumer_command(platform, "citytown", "crm")
    assert added.returncode == 0, added.stderr
    yield read_access(added.stdout)
    run_consumer_command(platform, "citytown", "crm", "--remove")


async def test_a_council_follows_its_own_events_and_sees_no_other(platform, citytown, access):
    before = citytown.get(CHANGE)
    northing = before.json()["northing"] + 1
    change = await asyncio.to_thread(
        citytown.patch, CHANGE, json={"northing": northing}, headers={"If-Match": before.headers["ETag"]}
    )
    assert change.status_code == 200
    for stream in ("ADDRESS", "IDENTITY"):
        assert await read_councils(access, stream) == {"citytown"}


async def test_a_removed_consumer_is_put_out_and_comes_in_no_more(platform, access):
    client, _ = await connect(access)
    removed = run_consumer_command(platform, "citytown", "crm", "--remove")
    assert removed.returncode == 0, removed.stdout
    for _ in range(50):
        await asyncio.sleep(0.1)
        if not client.is_connected:
            break
    assert not client.is_connected
    await client.close()
    again = run_consumer_command(platform, "citytown", "crm", "--remove")
    assert again.returncode == 1
    assert "There is no consumer citytown crm." in again.stdout


def test_a_name_that_would_widen_the_subjects_is_refused(platform):
    refused = run_consumer_command(platform, "citytown", "crm.>")
    assert refused.returncode == 1
    assert "not lower case" in refused.stdout
