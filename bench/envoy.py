"""Envoy as the gateway, with a key on every request, against Envoy without filters."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from bench.load import Plan
from bench.measure import HOST, best, free_port, server
from bench.report import Figure
from bench.tokens import Issuer
from dev import binaries
from gateway import files
from gateway.settings import Settings
from gateway.snapshot import Council, Snapshot

CONTRACTS = Path(__file__).parents[1] / "contracts" / "openapi"
SERVICES = ("address", "payments", "casework", "mapping", "identity")
REQUESTS = 20_000
ROUNDS = 5
# As many councils and revoked credentials as a region may have.
KNOWN = Snapshot(
    councils=tuple(
        Council(slug=slug, status="active") for slug in ("citytown", *(f"council-{n}" for n in range(400)))
    ),
    revoked=(),
)


def figures(folder: Path) -> list[Figure]:
    """Requests per second of Envoy's CPU time, with and without filters; best of several rounds in turns."""
    issuer = Issuer(folder)
    upstream = free_port()
    keys = urlsplit(issuer.jwks_url).path
    argv = [sys.executable, "-m", "bench.upstream", str(upstream), keys]
    with ExitStack() as stack:
        stack.enter_context(server(argv, {}, upstream, "/"))
        full_port, full = stack.enter_context(_envoy(folder / "full", upstream, issuer, bare=False))
        bare_port, bare = stack.enter_context(_envoy(folder / "bare", upstream, issuer, bare=True))
        mine, limit = best(ROUNDS, [(full, _plan(full_port, issuer)), (bare, _plan(bare_port, issuer))])
        resident = full.memory_info().rss / 1e6
    share = mine.per_cpu_second / limit.per_cpu_second
    return [
        Figure("Envoy with key, limits, log; 401 councils", mine.per_cpu_second, "req/CPU-s"),
        Figure("Envoy without filters", limit.per_cpu_second, "req/CPU-s"),
        Figure("Envoy, with / without filters", share, "x", goal=0.80),
        Figure("Envoy, resident", resident, "MB"),
    ]


def _plan(port: int, issuer: Issuer) -> Plan:
    headers = {"X-Api-Key": issuer.token(["address:read"])}
    return Plan(
        HOST, port, ["/citytown/address/v1/addresses/907900112305"], headers, REQUESTS, connections=32
    )


@contextmanager
def _envoy(out: Path, upstream: int, issuer: Issuer, *, bare: bool) -> Iterator[tuple[int, psutil.Process]]:
    place = f"{HOST}:{upstream}"
    settings = Settings(
        port=free_port(),
        admin_port=free_port(),
        upstreams=dict.fromkeys(SERVICES, place),
        out=out,
        contracts=CONTRACTS,
        issuer=issuer.name,
        credential_rate=1_000_000,
        credential_burst=1_000_000,
        any_rate=1_000_000,
        any_burst=1_000_000,
    )
    files.write_dynamic(settings, files.read_contracts(CONTRACTS), KNOWN, bare=bare)
    argv = [str(binaries.envoy()), "--config-path", str(files.write_bootstrap(settings, bare=bare))]
    argv += ["--concurrency", "1", "--log-level", "error", "--disable-hot-restart"]
    with server(argv, {}, settings.admin_port, "/ready") as process:
        yield settings.port, process
