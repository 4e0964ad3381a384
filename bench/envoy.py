"""Envoy as the gateway, with a key on every request, against Envoy without filters."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from bench.figures import Figure
from bench.issuer import Issuer
from bench.load_generator import LoadPlan
from bench.measurement import HOST, best_rates, resident_megabytes, server
from dev import binaries
from dev.ports import free_port
from gateway import files
from gateway.settings import Settings
from gateway.snapshot import Council, Snapshot

CONTRACTS = Path(__file__).parents[1] / "contracts" / "openapi"
SERVICES = ("address", "payments", "casework", "mapping", "identity")
REQUESTS = 20_000
ROUNDS = 5
# As many councils and revoked credentials as a region may have.
SNAPSHOT = Snapshot(
    councils=tuple(
        Council(slug=slug, status="active") for slug in ("citytown", *(f"council-{n}" for n in range(400)))
    ),
    revoked=(),
)


def measure(folder: Path) -> list[Figure]:
    """Measure requests per second of Envoy's CPU time, with and without filters, in turns."""
    issuer = Issuer(folder)
    upstream = free_port()
    body_file = urlsplit(issuer.jwks_url).path
    argv = [sys.executable, "-m", "bench.envoy_upstream", str(upstream), body_file]
    with ExitStack() as stack:
        stack.enter_context(server(argv, {}, upstream, "/"))
        full_port, full = stack.enter_context(_envoy(folder / "full", upstream, issuer, bare=False))
        bare_port, bare = stack.enter_context(_envoy(folder / "bare", upstream, issuer, bare=True))
        plans = [(full, _plan(full_port, issuer)), (bare, _plan(bare_port, issuer))]
        full_rate, bare_rate = best_rates(ROUNDS, plans)
        resident = resident_megabytes(full)
    ratio = full_rate.per_cpu_second / bare_rate.per_cpu_second
    return [
        Figure("Envoy with key, limits, log; 401 councils", full_rate.per_cpu_second, "req/CPU-s"),
        Figure("Envoy without filters", bare_rate.per_cpu_second, "req/CPU-s"),
        Figure("Envoy, with / without filters", ratio, "x", least=0.80),
        Figure("Envoy, resident", resident, "MB"),
    ]


def _plan(port: int, issuer: Issuer) -> LoadPlan:
    headers = {"X-Api-Key": issuer.token(["address:read"])}
    return LoadPlan(
        HOST, port, ["/citytown/address/v1/addresses/907900112305"], headers, REQUESTS, connections=32
    )


@contextmanager
def _envoy(out: Path, upstream: int, issuer: Issuer, *, bare: bool) -> Iterator[tuple[int, psutil.Process]]:
    address = f"{HOST}:{upstream}"
    settings = Settings(
        port=free_port(),
        admin_port=free_port(),
        upstreams=dict.fromkeys(SERVICES, address),
        out=out,
        contracts=CONTRACTS,
        issuer=issuer.name,
        credential_rate=1_000_000,
        credential_burst=1_000_000,
        any_rate=1_000_000,
        any_burst=1_000_000,
    )
    contracts = files.read_contracts(CONTRACTS)
    files.write_dynamic(settings, contracts, SNAPSHOT, bare=bare)
    bootstrap = files.write_bootstrap(settings, contracts, bare=bare)
    argv = [str(binaries.envoy()), "--config-path", str(bootstrap)]
    argv += ["--concurrency", "1", "--log-level", "error", "--disable-hot-restart"]
    with server(argv, {}, settings.admin_port, "/ready") as process:
        yield settings.port, process
