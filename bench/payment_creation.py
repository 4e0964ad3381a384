"""Payments created, against the bare limit, and the ledger, against one that locks balance rows."""

import base64
import json
import secrets
import sys
from datetime import date
from pathlib import Path
from statistics import median

import asyncpg
import psutil

from bench import ledgers
from bench.figures import Figure
from bench.issuer import Issuer
from bench.load_generator import LoadPlan
from bench.measurement import HOST, measure_rate, server
from chassis.database import Database
from chassis.migrations import migrate
from chassis.provision import provision
from dev import postgres
from dev.ports import free_port
from payments.funds.actions import imports
from payments.funds.schemas.imports import FinanceSet
from payments.settings import Settings

ROUNDS = 5
COUNCIL = "citytown"
_PASSWORD = "bench"  # noqa: S105 - of a database that lives as long as the run
_REQUESTS = 1_500
_BODY = {
    "amount": 1_450,
    "reference": "LIB-1",
    "description": "A lost book",
    "return_url": "https://library.example/paid",
    "lines": [{"fund": "13", "amount": 1_450}],
}


async def measure(folder: Path) -> list[Figure]:
    """Measure creations per CPU-second in turns with the limit; then postings, on a durable server."""
    with postgres.running(folder / "creation", fast=True) as fast:
        figures = _measure_creation(folder, await _create_database(fast.url))
    with postgres.running(folder / "ledger") as durable:
        database_url = await _create_database(durable.url)
        return [*figures, *await ledgers.measure(durable.url, database_url)]


async def _create_database(admin_url: str) -> str:
    await provision(admin_url, "payments", owner_password=_PASSWORD, password=_PASSWORD)
    address = admin_url.rpartition("@")[2].partition("/")[0]
    await migrate("payments", f"postgresql://payments_owner:{_PASSWORD}@{address}/payments")
    connection = await asyncpg.connect(admin_url, database="payments")
    await connection.execute(
        "INSERT INTO council (slug, name, gss, region, version) VALUES ($1, $1, 'E06000022', 'local', 1)",
        COUNCIL,
    )
    await connection.close()
    url = f"postgresql://payments:{_PASSWORD}@{address}/payments"
    database = Database(Settings(database_url=url), "bench", rows_secured=True)
    async with database.writing(COUNCIL) as session:
        await imports.apply_set(session, COUNCIL, "bench", FinanceSet(default="england"), date(2026, 1, 1))
    await database.close()
    return url


def _measure_creation(folder: Path, database_url: str) -> list[Figure]:
    issuer, port, bare_port = Issuer(folder), free_port(), free_port()
    argv = [sys.executable, "-m", "chassis", "serve", "payments", "--port", str(port)]
    bare_argv = [sys.executable, "-m", "uvicorn", "bench.bare_payments:create", "--factory"]
    bare_argv += ["--port", str(bare_port), "--no-access-log", "--log-level", "warning"]
    environment = {
        "PAYMENTS_DATABASE_URL": database_url,
        "PAYMENTS_JWKS_URL": issuer.jwks_url,
        "PAYMENTS_ISSUER": issuer.name,
        "PAYMENTS_SEALING_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "PAYMENTS_LOG_LEVEL": "WARNING",
    }
    with (
        server(argv, environment, port, "/health/live") as service,
        server(bare_argv, {"BARE_DATABASE_URL": database_url}, bare_port, "/live") as bare,
    ):
        headers = {"Authorization": f"Bearer {issuer.token(['payments:create'])}"}
        plan = _plan(port, f"/{COUNCIL}/payments/v1/payments", headers)
        bare_plan = _plan(bare_port, "/payments", headers)
        return _compare([_measure_round(service, plan, bare, bare_plan) for _ in range(ROUNDS)])


def _plan(port: int, path: str, headers: dict[str, str]) -> LoadPlan:
    return LoadPlan(HOST, port, [path], headers, _REQUESTS, connections=8, bodies=[json.dumps(_BODY)])


def _measure_round(
    service: psutil.Process, plan: LoadPlan, bare: psutil.Process, bare_plan: LoadPlan
) -> tuple[float, float]:
    """Measure creations per CPU-second, ours first: it makes the account that both use."""
    return measure_rate(service, plan).per_cpu_second, measure_rate(bare, bare_plan).per_cpu_second


def _compare(rounds: list[tuple[float, float]]) -> list[Figure]:
    ours, bare = (median(rates) for rates in zip(*rounds, strict=True))
    ratio = median(our_rate / bare_rate for our_rate, bare_rate in rounds)
    return [
        Figure("payment created, ours", ours, "req/CPU-s"),
        Figure("payment created, ours", 1_000 / ours, "CPU-ms"),
        Figure("payment created, bare Starlette + asyncpg, same rows", bare, "req/CPU-s"),
        Figure("payment created, ours / bare", ratio, "x", least=0.25),
    ]
