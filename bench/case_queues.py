"""Queues at two million cases, a hundred thousand of them open; openings at ten thousand and at a million."""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.case_changes import (
    COUNCIL,
    create_database,
    describe_environment,
    describe_missed_bin,
    open_missed_bin,
)
from bench.case_rows import write_cases
from bench.figures import Figure
from bench.issuer import Issuer
from bench.load_generator import LoadPlan
from bench.measurement import HOST, run_load, server
from casework.cases.actions.reads import list_cases
from chassis.auth import Caller
from chassis.database import Database, ReadSession
from chassis.settings import Settings
from dev.ports import free_port

SMALL, HALF, LARGE = 10_000, 1_000_000, 2_000_000
_OPENINGS, _RATE, _ROUNDS = 200, 20, 5
_PAGES, _FETCH = 400, 51
_CALLER = Caller("bench", "bench", "bench", frozenset({COUNCIL}), frozenset(), "sandbox", 0)
_QUEUES: Mapping[str, dict[str, Any]] = {
    "all open": {},
    "a team's": {"team": "team-7"},
    "one person's": {"assignee": "person-9"},
    "of a type": {"code": "type-3"},
    "of a rare type": {"code": "rare"},
}


async def measure(admin_url: str, folder: Path) -> list[Figure]:
    """Measure openings at both sizes, then queues as the store reads them."""
    url = await create_database(admin_url)
    await open_missed_bin(url)
    issuer, port = Issuer(folder), free_port()
    argv = [sys.executable, "-m", "chassis", "serve", "casework", "--port", str(port)]
    with server(argv, describe_environment(url, issuer, folder), port, "/health/live"):
        headers = {"Authorization": f"Bearer {issuer.token(['casework:act'])}"}
        plan = LoadPlan(HOST, port, [f"/{COUNCIL}/casework/v1/cases"] * _OPENINGS, headers, _OPENINGS)
        await write_cases(admin_url, 1, SMALL)
        small = await asyncio.to_thread(_measure_openings, plan)
        await write_cases(admin_url, SMALL + 1, HALF)
        half = await asyncio.to_thread(_measure_openings, plan)
    await write_cases(admin_url, HALF + 1, LARGE)
    return [
        Figure("case opened at 10,000, p95", small, "ms"),
        Figure("case opened at 1,000,000, p95", half, "ms"),
        Figure("... / at 10,000", half / small, "x", most=1.2),
        *await _measure_queues(url),
    ]


def _measure_openings(plan: LoadPlan) -> float:
    """Return the best p95 of some rounds: other work on the machine only adds to it."""
    rounds = []
    for _ in range(_ROUNDS):
        plan.bodies = [describe_missed_bin() for _ in range(_OPENINGS)]
        plan.rate = _RATE
        rounds.append(run_load(plan).p95)
    return min(rounds)


@dataclass
class _Selection:
    """Which cases a queue shows."""

    equal: dict[str, Any]
    is_mine: bool = False
    is_unassigned: bool = False
    is_overdue: bool = False
    is_refund_due: bool = False
    is_open: bool = True


async def _measure_queues(url: str) -> list[Figure]:
    database = Database(Settings(database_url=url), "bench", rows_secured=True)
    figures = []
    async with database.reading(COUNCIL) as session:
        for name, equal in _QUEUES.items():
            seconds = sorted(await _measure_pages(session, _Selection(equal)))
            p99 = seconds[len(seconds) * 99 // 100] * 1_000
            figures.append(Figure(f"page of a queue at 2,000,000, {name}, p99", p99, "ms", most=15))
    await database.close()
    return figures


async def _measure_pages(session: ReadSession, selection: _Selection) -> Sequence[float]:
    """Read one page after the other, from the first again after the last."""
    seconds: list[float] = []
    after = None
    for _ in range(_PAGES):
        started = time.perf_counter()
        rows = list(await list_cases(session, COUNCIL, _CALLER, selection, after, _FETCH))
        seconds.append(time.perf_counter() - started)
        last = rows[-1] if len(rows) == _FETCH else None
        after = None if last is None else (last.queued_at, last.id)
    return seconds
