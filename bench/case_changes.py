"""Cases opened and acted on, against the bare limit: missed bins, with their guards, clocks and timers."""

import asyncio
import base64
import json
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from statistics import median

import asyncpg
import psutil

from bench.figures import Figure
from bench.issuer import Issuer
from bench.load_generator import LoadPlan
from bench.measurement import HOST, measure_rate, server
from casework.case_types.actions.installation import install
from casework.cases.actions.cases import Opening, open_case
from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import Database
from chassis.migrations import migrate
from chassis.provision import provision
from chassis.settings import Settings
from dev.ports import free_port

ROUNDS = 5
COUNCIL = "citytown"
_PASSWORD = "bench"  # noqa: S105 - of a database that lives as long as the run
_REQUESTS = 1_000
_OPENED = "SELECT id FROM case_record WHERE version = 1 ORDER BY id DESC LIMIT $1"
_FORGET = "DELETE FROM job; DELETE FROM outbox"
_numbers = count(100_000_000_000)


async def measure(admin_url: str, folder: Path) -> list[Figure]:
    """Measure openings and acts per CPU-second in turns with the limit."""
    url = await create_database(admin_url)
    connection = await asyncpg.connect(url, server_settings={"app.council": "*"})
    version = await connection.fetchval("SELECT id FROM case_type_version WHERE code = 'missed-bin'")
    issuer, port, bare_port = Issuer(folder), free_port(), free_port()
    argv = [sys.executable, "-m", "chassis", "serve", "casework", "--port", str(port)]
    bare_argv = [sys.executable, "-m", "uvicorn", "bench.bare_cases:create", "--factory"]
    bare_argv += ["--port", str(bare_port), "--no-access-log", "--log-level", "warning"]
    bare_environment = {"BARE_DATABASE_URL": url, "BARE_TYPE_VERSION": str(version)}
    with (
        server(argv, describe_environment(url, issuer, folder), port, "/health/live") as ours,
        server(bare_argv, bare_environment, bare_port, "/live") as bare,
    ):
        headers = {"Authorization": f"Bearer {issuer.token(['casework:act'])}", "If-Match": '"1"'}
        rounds = []
        for _ in range(ROUNDS):
            parts = [
                await _measure_round(connection, process, headers, at, base)
                for process, at, base in (
                    (ours, port, f"/{COUNCIL}/casework/v1/cases"),
                    (bare, bare_port, "/cases"),
                )
            ]
            rounds.append((*parts[0], *parts[1]))
    await connection.close()
    return _compare(rounds)


def describe_environment(url: str, issuer: Issuer, folder: Path) -> dict[str, str]:
    """Describe the environment of a service on a database."""
    return {
        "CASEWORK_DATABASE_URL": url,
        "CASEWORK_JWKS_URL": issuer.jwks_url,
        "CASEWORK_ISSUER": issuer.name,
        "CASEWORK_BLOBS": (folder / "blobs").as_uri(),
        "CASEWORK_SCANNER": "test:",
        "CASEWORK_SEALING_KEY": base64.urlsafe_b64encode(b"for bench: thirty-two characters").decode(),
        "CASEWORK_LOG_LEVEL": "WARNING",
    }


async def create_database(admin_url: str) -> str:
    """Create a database with a council and its case types."""
    await provision(admin_url, "casework", owner_password=_PASSWORD, password=_PASSWORD)
    address = admin_url.rpartition("@")[2].partition("/")[0]
    await migrate("casework", f"postgresql://casework_owner:{_PASSWORD}@{address}/casework")
    connection = await asyncpg.connect(f"{admin_url.rpartition('/')[0]}/casework")
    await connection.execute(
        "INSERT INTO council (slug, name, gss, region, version) VALUES ($1, $1, 'E06000022', 'local', 1)",
        COUNCIL,
    )
    await connection.close()
    url = f"postgresql://casework:{_PASSWORD}@{address}/casework"
    database = Database(Settings(database_url=url), "bench", rows_secured=True)
    async with database.writing(COUNCIL) as session:
        await install(session, COUNCIL)
    await database.close()
    return url


async def open_missed_bin(url: str) -> None:
    """Open one case, without a server."""
    members = json.loads(describe_missed_bin())
    caller = Caller("bench", "bench", "bench", frozenset({COUNCIL}), frozenset(), "sandbox", 0)
    opening = Opening(members["case_type"], None, members["fields"], None, None, None, None)
    database = Database(Settings(database_url=url), "bench", rows_secured=True)
    async with database.writing(COUNCIL) as session:
        await open_case(session, COUNCIL, caller, opening)
    await database.close()


async def _measure_round(
    connection: asyncpg.Connection, process: psutil.Process, headers: dict[str, str], port: int, base: str
) -> tuple[float, float]:
    """Measure openings, then an act on each of the cases that they opened, per CPU-second."""
    await connection.execute(_FORGET)
    bodies = [describe_missed_bin() for _ in range(_REQUESTS)]
    plan = LoadPlan(HOST, port, [base] * _REQUESTS, headers, _REQUESTS, connections=8, bodies=bodies)
    opened = await asyncio.to_thread(measure_rate, process, plan)
    cases = await connection.fetch(_OPENED, _REQUESTS)
    paths = [f"{base}/{ids.show(case['id'])}/actions/send_crew" for case in cases]
    acts = LoadPlan(HOST, port, paths, headers, len(paths), connections=8, bodies=["{}"] * len(paths))
    return opened.per_cpu_second, (await asyncio.to_thread(measure_rate, process, acts)).per_cpu_second


def describe_missed_bin() -> str:
    """Describe the report of a missed bin at an address of its own."""
    day: date = clock.now().date() - timedelta(days=1)
    fields = {"uprn": str(next(_numbers)), "bin": "recycling", "collection_day": day.isoformat()}
    return json.dumps({"case_type": "missed-bin", "fields": fields})


def _compare(rounds: Sequence[tuple[float, float, float, float]]) -> list[Figure]:
    opened, acts, bare_opened, bare_acts = (median(rates) for rates in zip(*rounds, strict=True))
    return [
        Figure("case opened, ours", opened, "req/CPU-s"),
        Figure("case opened, ours", 1_000 / opened, "CPU-ms"),
        Figure("case opened, bare Starlette + asyncpg, same rows", bare_opened, "req/CPU-s"),
        Figure("case opened, ours / bare", median(row[0] / row[2] for row in rounds), "x", least=0.25),
        Figure("act on a case, ours", acts, "req/CPU-s"),
        Figure("act on a case, ours", 1_000 / acts, "CPU-ms"),
        Figure("act on a case, bare", bare_acts, "req/CPU-s"),
        Figure("act on a case, ours / bare", median(row[1] / row[3] for row in rounds), "x", least=0.25),
    ]
