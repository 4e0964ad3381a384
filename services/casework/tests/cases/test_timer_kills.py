"""Timers and deadlines whose workers are killed again and again: each takes effect once."""

import asyncio
import base64
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.testing import eventually

SCRIPT = Path(__file__).parent / "timer_process.py"
# A job that a killed worker held is taken back, and due again some seconds later: it is left all the same.
_LEFT = text("""SELECT count(*) FROM job WHERE kind LIKE 'casework.%'
    AND (due_at < now() OR state = 2 OR failures > 0)""")
_ENTRIES = text(
    "SELECT case_id, kind, act FROM case_entry WHERE kind IN ('timer', 'breach') AND case_id = ANY (:cases)"
)
_BREACHES = text("""SELECT envelope::json -> 'data' ->> 'case' AS "case" FROM outbox
    WHERE nats_subject LIKE '%casework.clock.breached'""")
_CASES, _LIVES = 60, 5
# Six processes start, and sixty cases are opened first: on a slow machine that alone is a minute.
pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


@pytest.fixture
def start_worker(settings, tmp_path):
    seal = base64.urlsafe_b64encode(bytes(32)).decode()

    async def start_worker():
        arguments = (settings.database_url, tmp_path.as_uri(), seal)
        return await asyncio.create_subprocess_exec(sys.executable, "-P", str(SCRIPT), *arguments)

    return start_worker


async def count_left(database):
    async with database.reading("*") as session:
        return await session.scalar(_LEFT)


async def test_each_timer_fires_once_though_its_workers_are_killed(desk, database, start_worker):
    opened = []
    for number in range(_CASES):
        desk.uprn = str(200_000_000_000 + number)
        response = await desk.open()
        assert response.status_code == 201, response.text
        opened.append(response.json())
    for life in range(_LIVES):
        worker = await start_worker()
        before = await count_left(database)
        for _ in range(400):  # it works for a while, then dies in the middle
            await asyncio.sleep(0.05)
            if await count_left(database) < before - 8 - life:
                break
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
    worker = await start_worker()

    async def is_done():
        return await count_left(database) == 0

    await eventually(is_done, within=120)
    worker.send_signal(signal.SIGKILL)
    await worker.wait()
    cases = [case["id"] for case in opened]
    async with database.reading("*") as session:
        rows = await session.all(_ENTRIES, {"cases": [ids.read(case) for case in cases]})
        breached = Counter(row.case for row in await session.all(_BREACHES))
    assert Counter((ids.show(row.case_id), row.kind) for row in rows) == {
        (case, kind): 1 for case in cases for kind in ("timer", "breach")
    }
    assert {case: breached[case] for case in cases} == dict.fromkeys(cases, 1)
