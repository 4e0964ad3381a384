"""The address service: hot reads against the bare limit, and the loader."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from bench.load import Plan
from bench.measure import HOST, Rate, best, free_port, run_load, server
from bench.report import Figure
from bench.tokens import Issuer
from chassis.migrations import migrate
from chassis.provision import provision

PASSWORD = "bench"  # noqa: S105 - of a database that lives as long as the run
DATA = Path(__file__).parents[1] / "dev" / "data" / "citytown" / "addresses.csv.gz"
ROUNDS = 4
REQUESTS = 4_000


@dataclass(frozen=True)
class Town:
    """A loaded gazetteer, and who may read it."""

    database_url: str
    issuer: Issuer
    loaded: dict[str, Any]
    uprns: list[int]
    postcodes: list[str]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "ADDRESS_DATABASE_URL": self.database_url,
            "ADDRESS_JWKS_URL": self.issuer.jwks_url,
            "ADDRESS_ISSUER": self.issuer.name,
            "ADDRESS_LOG_LEVEL": "WARNING",
        }


@asynccontextmanager
async def loaded(admin_url: str, folder: Path) -> AsyncIterator[Town]:
    """Citytown's 112,339 properties, loaded by the service's own loader."""
    await provision(admin_url, "address", owner_password=PASSWORD, password=PASSWORD)
    place = admin_url.rpartition("@")[2].partition("/")[0]
    owner, runtime = (
        f"postgresql://{role}:{PASSWORD}@{place}/address" for role in ("address_owner", "address")
    )
    await migrate("address", owner)
    connection = await asyncpg.connect(runtime)
    await connection.execute(
        "INSERT INTO council (slug, name, gss, region, version)"
        " VALUES ('citytown', 'C', 'E06000022', 'local', 1)"
    )
    issuer = Issuer(folder)
    town = Town(runtime, issuer, {}, [], [])
    said = _load(town.environment)
    uprns = await connection.fetch("SELECT uprn FROM blpu ORDER BY md5(uprn::text) LIMIT 500")
    postcodes = await connection.fetch("SELECT DISTINCT postcode FROM blpu ORDER BY 1 LIMIT 500")
    await connection.execute("DELETE FROM outbox")
    await connection.close()
    maintenance = await asyncpg.connect(owner)
    await maintenance.execute("VACUUM ANALYZE")
    await maintenance.close()
    yield Town(runtime, issuer, said, [row[0] for row in uprns], [row[0] for row in postcodes])


def _load(environment: dict[str, str]) -> dict[str, Any]:
    """Run the loader; its closing summary."""
    argv = [sys.executable, "-m", "chassis", "run", "address", "load", str(DATA), "--council", "citytown"]
    done = subprocess.run(
        argv, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the loader failed: {done.stdout[-500:]} {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def figures(town: Town) -> list[Figure]:
    """Ratios of requests per CPU second, one worker each, best of several rounds in turns."""
    ours, bare = free_port(), free_port()
    argv = [sys.executable, "-m", "chassis", "serve", "address", "--port", str(ours)]
    limit = [sys.executable, "-m", "uvicorn", "bench.bare:create", "--factory", "--port", str(bare)]
    quiet = ["--no-access-log", "--log-level", "warning"]
    with (
        server(argv, town.environment, ours, "/health/live") as service,
        server([*limit, *quiet], {"BARE_DATABASE_URL": town.database_url}, bare, "/live") as floor,
    ):
        found = [Figure("loader", float(town.loaded["rows_per_second"]), "addresses/s", goal=20_000)]
        for name, our_paths, bare_paths in _reads(town):
            mine, least = best(
                ROUNDS, [(service, _plan(town, ours, our_paths)), (floor, _plan(town, bare, bare_paths))]
            )
            found += _figures(name, mine, least)
        found += _paced(town, ours)
        found.append(Figure("address service, resident", _resident(service), "MB"))
    return found


def _reads(town: Town) -> list[tuple[str, list[str], list[str]]]:
    places = "/citytown/address/search/places/v1"
    postcodes = [postcode.replace(" ", "%20") for postcode in town.postcodes]
    return [
        (
            "UPRN read",
            [f"/citytown/address/v1/addresses/{uprn}" for uprn in town.uprns],
            [f"/uprn/{uprn}" for uprn in town.uprns],
        ),
        (
            "postcode read (OS Places)",
            [f"{places}/postcode?postcode={postcode}" for postcode in postcodes],
            [f"/postcode/{postcode}" for postcode in postcodes],
        ),
    ]


def _plan(town: Town, port: int, paths: list[str], *, rate: float = 0.0) -> Plan:
    trace = (
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"  # the gateway sends one with every request
    )
    headers = {"X-Api-Key": town.issuer.token(["address:read"]), "traceparent": trace}
    return Plan(HOST, port, paths, headers, REQUESTS, rate=rate)


def _figures(name: str, ours: Rate, bare: Rate) -> list[Figure]:
    return [
        Figure(f"{name}, ours", ours.per_cpu_second, "req/CPU-s"),
        Figure(f"{name}, bare Starlette + asyncpg + msgspec", bare.per_cpu_second, "req/CPU-s"),
        Figure(f"{name}, ours / bare", ours.per_cpu_second / bare.per_cpu_second, "x", goal=0.40),
    ]


def _paced(town: Town, port: int) -> list[Figure]:
    """Latency at 200 requests a second, as a client sees it."""
    found = []
    for name, paths, _ in _reads(town):
        outcome = run_load(_plan(town, port, paths, rate=200.0))
        found.append(Figure(f"{name}, p99 at 200 req/s", outcome.p99, "ms"))
    return found


def _resident(service: psutil.Process) -> float:
    return float(service.memory_info().rss) / 1e6
