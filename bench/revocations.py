"""How soon another service refuses a revoked credential, while a council's gazetteer is loaded.

The way of a revocation: identity's transaction, its relay, NATS, the other service's consumer, its database,
and the notification of its web process. The workers of identity, of the other service and of address run.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles

import asyncpg
from pydantic import SecretStr

from bench.figures import Figure
from bench.gazetteer import DATA, PASSWORD, Gazetteer, run_command
from chassis import ids
from chassis.app import Service
from chassis.broker.topology import read_contract
from chassis.database import Database
from chassis.deny_list import DenyList
from chassis.migrations import migrate
from chassis.provision import provision
from chassis.table_copies import TableCopies
from dev import ports
from dev.broker import CONTRACT, Broker, running
from identity.app import service as identity
from identity.issuer.actions import revocations
from identity.settings import Settings as IdentitySettings
from payments.app import service as payments

_LOADED = "grown"
_PAUSE = 0.05  # seconds between two revocations
_LATEST = 60.0  # seconds until one is given up
_ADD_COUNCIL = (
    "INSERT INTO council (slug, name, gss, region, version) VALUES ('citytown', 'C', 'E06000022', 'local', 1)"
)
_IS_EMPTY = "SELECT NOT EXISTS (SELECT FROM outbox)"
_MASTER_KEY = "YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtMTI="


async def measure(folder: Path, admin_url: str, gazetteer: Gazetteer) -> list[Figure]:
    """Revoke one credential after another until the load is relayed; measure until each is refused."""
    identity_url = await _make_database(admin_url, identity)
    payments_url = await _make_database(admin_url, payments)
    with ExitStack() as stack:
        broker = stack.enter_context(running(folder / "nats-revocations", read_contract(CONTRACT)))
        for name, url in (
            ("identity", identity_url),
            ("payments", payments_url),
            ("address", gazetteer.database_url),
        ):
            stack.enter_context(_running_worker(broker, name, url))
        latencies = await _revoke_beside_load(
            identity.database(IdentitySettings(database_url=identity_url, master_key=SecretStr(_MASTER_KEY))),
            payments.database(payments.settings(database_url=payments_url)),
            gazetteer,
        )
    percentiles = quantiles(latencies, n=100)
    return [
        Figure("revocation at a service beside a load, p50", percentiles[49] * 1000, "ms"),
        Figure("revocation at a service beside a load, p99", percentiles[98] * 1000, "ms", most=500),
        Figure("revocations measured", len(latencies), ""),
    ]


async def _make_database(admin_url: str, service: Service) -> str:
    """Make a service's database with citytown, and return its runtime role's URL."""
    name = service.name
    await provision(admin_url, name, owner_password=PASSWORD, password=PASSWORD)
    server = admin_url.rpartition("@")[2].partition("/")[0]
    await migrate(name, f"postgresql://{name}_owner:{PASSWORD}@{server}/{name}")
    url = f"postgresql://{name}:{PASSWORD}@{server}/{name}"
    connection = await asyncpg.connect(url)
    await connection.execute(_ADD_COUNCIL)
    await connection.close()
    return url


@contextmanager
def _running_worker(broker: Broker, name: str, database_url: str) -> Iterator[None]:
    """Run a service's worker as a process of its own."""
    prefix = name.upper()
    environment = {
        **os.environ,
        f"{prefix}_DATABASE_URL": database_url,
        f"{prefix}_NATS_URL": broker.url,
        f"{prefix}_NATS_SEED": broker.seeds[name],
        f"{prefix}_LOG_LEVEL": "WARNING",
        "IDENTITY_MASTER_KEY": _MASTER_KEY,
    }
    argv = [sys.executable, "-m", "chassis", "work", name, "--port", str(ports.free_port())]
    process = subprocess.Popen(argv, env=environment)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


async def _revoke_beside_load(issuer: Database, other: Database, gazetteer: Gazetteer) -> list[float]:
    copies = TableCopies(other)
    deny_list = DenyList(copies)
    following = asyncio.create_task(copies.follow())
    outbox = await asyncpg.connect(gazetteer.database_url, server_settings={"enable_seqscan": "off"})
    await _revoke(issuer, deny_list)  # once the workers have started
    loading = asyncio.create_task(
        asyncio.to_thread(run_command, gazetteer, "load", str(DATA), "--council", _LOADED)
    )
    latencies = []
    while not (loading.done() and await outbox.fetchval(_IS_EMPTY)):
        latencies.append(await _revoke(issuer, deny_list))
        await asyncio.sleep(_PAUSE)
    await loading
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    await outbox.close()
    await issuer.close()
    await other.close()
    return latencies


async def _revoke(issuer: Database, deny_list: DenyList) -> float:
    """Revoke a credential, and return the seconds from its commit until the other service refuses it."""
    token = ids.show(ids.new())
    async with issuer.writing("citytown") as session:
        expires_at = datetime.now(UTC) + timedelta(minutes=10)
        await revocations.revoke_credential(session, "citytown", token, expires_at)
    start = time.perf_counter()
    async with asyncio.timeout(_LATEST):
        while True:
            if token in deny_list.revoked:
                return time.perf_counter() - start
            await asyncio.sleep(0.002)
