"""Citytown's gazetteer in a database of its own, for the measurements of the address service."""

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

from bench.issuer import Issuer
from bench.load_generator import LoadPlan
from bench.measurement import HOST
from chassis.migrations import migrate
from chassis.provision import provision

PASSWORD = "bench"  # noqa: S105 - of a database that lives as long as the run
DATA = Path(__file__).parents[1] / "dev" / "data" / "citytown" / "addresses.csv.gz"
REQUESTS = 4_000


@dataclass(frozen=True)
class Gazetteer:
    """A loaded gazetteer: its database, an issuer of tokens for it, and a sample of its content."""

    database_url: str
    owner_url: str
    issuer: Issuer
    load_summary: dict[str, Any]
    uprns: list[int]
    postcodes: list[str]

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of an address service on this database."""
        return {
            "ADDRESS_DATABASE_URL": self.database_url,
            "ADDRESS_JWKS_URL": self.issuer.jwks_url,
            "ADDRESS_ISSUER": self.issuer.name,
            "ADDRESS_LOG_LEVEL": "WARNING",
        }


@asynccontextmanager
async def load_gazetteer(admin_url: str, folder: Path) -> AsyncIterator[Gazetteer]:
    """Load citytown's 112,339 properties with the service's own loader."""
    await provision(admin_url, "address", owner_password=PASSWORD, password=PASSWORD)
    server = admin_url.rpartition("@")[2].partition("/")[0]
    owner, runtime = (
        f"postgresql://{role}:{PASSWORD}@{server}/address" for role in ("address_owner", "address")
    )
    await migrate("address", owner)
    connection = await asyncpg.connect(runtime)
    await connection.execute(
        "INSERT INTO council (slug, name, gss, region, version) VALUES"
        " ('citytown', 'C', 'E06000022', 'local', 1), ('grown', 'G', 'E06000023', 'local', 1),"
        " ('supplied', 'S', 'E06000025', 'local', 1)"
    )
    gazetteer = Gazetteer(runtime, owner, Issuer(folder), {}, [], [])
    summary = run_command(gazetteer, "load", str(DATA), "--council", "citytown")
    uprns = await connection.fetch("SELECT uprn FROM blpu ORDER BY md5(uprn::text) LIMIT 500")
    postcodes = await connection.fetch("SELECT DISTINCT postcode FROM blpu ORDER BY 1 LIMIT 500")
    await connection.close()
    await settle(gazetteer)
    yield replace(
        gazetteer,
        load_summary=summary,
        uprns=[row[0] for row in uprns],
        postcodes=[row[0] for row in postcodes],
    )


async def settle(gazetteer: Gazetteer) -> None:
    """Leave the database as it is some time after a load: no events in the outbox, fresh statistics."""
    maintenance = await asyncpg.connect(gazetteer.owner_url)
    await maintenance.execute("TRUNCATE outbox")
    await maintenance.execute("VACUUM ANALYZE")
    await maintenance.close()


def run_command(gazetteer: Gazetteer, *arguments: str) -> dict[str, Any]:
    """Run one of the service's commands; return its closing summary, and the CPU seconds it took."""
    argv = [sys.executable, "-m", "chassis", "run", "address", *arguments]
    environment = {**os.environ, **gazetteer.environment}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    completed = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if completed.returncode:
        raise RuntimeError(f"{arguments} failed: {completed.stdout[-500:]} {completed.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**json.loads(completed.stdout.splitlines()[-1]), "cpu": cpu}


def plan_reads(gazetteer: Gazetteer, port: int, paths: list[str], *, rate: float = 0.0) -> LoadPlan:
    """Plan requests as the gateway sends them: with a token, and a traceparent."""
    headers = {
        "X-Api-Key": gazetteer.issuer.token(["address:read"]),
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
    }
    return LoadPlan(HOST, port, paths, headers, REQUESTS, rate=rate)
