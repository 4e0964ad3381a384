"""A town to measure: Citytown's gazetteer in a database of its own, and whoever may read it."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg

from bench.load import Plan
from bench.measure import HOST
from bench.tokens import Issuer
from chassis.migrations import migrate
from chassis.provision import provision

PASSWORD = "bench"  # noqa: S105 - of a database that lives as long as the run
DATA = Path(__file__).parents[1] / "dev" / "data" / "citytown" / "addresses.csv.gz"
REQUESTS = 4_000


@dataclass(frozen=True)
class Town:
    """A loaded gazetteer, and who may read it."""

    database_url: str
    owner_url: str
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
        "INSERT INTO council (slug, name, gss, region, version) VALUES"
        " ('citytown', 'C', 'E06000022', 'local', 1), ('grown', 'G', 'E06000023', 'local', 1),"
        " ('supplied', 'S', 'E06000025', 'local', 1)"
    )
    town = Town(runtime, owner, Issuer(folder), {}, [], [])
    said = run(town, "load", str(DATA), "--council", "citytown")
    uprns = await connection.fetch("SELECT uprn FROM blpu ORDER BY md5(uprn::text) LIMIT 500")
    postcodes = await connection.fetch("SELECT DISTINCT postcode FROM blpu ORDER BY 1 LIMIT 500")
    await connection.close()
    await settle(town)
    yield replace(town, loaded=said, uprns=[row[0] for row in uprns], postcodes=[row[0] for row in postcodes])


async def settle(town: Town) -> None:
    """Leave the database as it is some time after a load: its events gone, its tables known."""
    maintenance = await asyncpg.connect(town.owner_url)
    await maintenance.execute("TRUNCATE outbox")
    await maintenance.execute("VACUUM ANALYZE")
    await maintenance.close()


def run(town: Town, *arguments: str) -> dict[str, Any]:
    """Run one of the service's commands; its closing summary, and the CPU seconds it took itself."""
    argv = [sys.executable, "-m", "chassis", "run", "address", *arguments]
    environment = {**os.environ, **town.environment}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{arguments} failed: {done.stdout[-500:]} {done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**json.loads(done.stdout.splitlines()[-1]), "cpu": cpu}


def plan(town: Town, port: int, paths: list[str], *, rate: float = 0.0) -> Plan:
    trace = (
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"  # the gateway sends one with every request
    )
    headers = {"X-Api-Key": town.issuer.token(["address:read"]), "traceparent": trace}
    return Plan(HOST, port, paths, headers, REQUESTS, rate=rate)
