"""Envoy as the gateway, with a key on every request, against Envoy without filters."""

import sys
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from bench import instructions
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
SERVICES = ("address", "payments", "casework", "mapping", "identity", "resident")
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
    """Measure what a request costs Envoy with filters and without: instructions, and CPU time."""
    issuer = Issuer(folder)
    upstream = free_port()
    argv = [sys.executable, "-m", "bench.envoy_upstream", str(upstream), urlsplit(issuer.jwks_url).path]
    with server(argv, {}, upstream, "/"):
        figures = _measure_rates(folder, upstream, issuer)
        if instructions.is_available():
            return [*figures, *_count_instructions(folder, upstream, issuer)]
    print("valgrind is not here, so instructions are not counted: apt-get install valgrind", file=sys.stderr)
    return figures


def _count_instructions(folder: Path, upstream: int, issuer: Issuer) -> list[Figure]:
    counts = []
    for name in ("full", "bare"):
        settings, argv = _prepare(folder / f"counted-{name}", upstream, issuer, bare=name == "bare")
        counting = instructions.counted_server(
            argv, {}, settings.admin_port, "/ready", folder / f"counts-{name}"
        )
        with counting as counted:
            counts.append(counted.count(_plan(settings.port, issuer)))
    full, bare = counts
    return [
        Figure("Envoy with key, limits, log; 401 councils", full, "instr/req"),
        Figure("Envoy without filters", bare, "instr/req"),
        Figure("Envoy, without / with filters, instructions", bare / full, "x", least=0.80),
    ]


def _measure_rates(folder: Path, upstream: int, issuer: Issuer) -> list[Figure]:
    """Measure requests per second of Envoy's CPU time, in turns. Both wander by 7 % on a busy machine."""
    with ExitStack() as stack:
        plans = []
        for name in ("full", "bare"):
            settings, argv = _prepare(folder / name, upstream, issuer, bare=name == "bare")
            process = stack.enter_context(server(argv, {}, settings.admin_port, "/ready"))
            plans.append((process, _plan(settings.port, issuer)))
        full_rate, bare_rate = best_rates(ROUNDS, plans)
        resident = resident_megabytes(plans[0][0])
    return [
        Figure("Envoy with key, limits, log; 401 councils", full_rate.per_cpu_second, "req/CPU-s"),
        Figure("Envoy without filters", bare_rate.per_cpu_second, "req/CPU-s"),
        Figure("Envoy, with / without filters", full_rate.per_cpu_second / bare_rate.per_cpu_second, "x"),
        Figure("Envoy, resident", resident, "MB"),
    ]


def _plan(port: int, issuer: Issuer) -> LoadPlan:
    headers = {"X-Api-Key": issuer.token(["address:read"])}
    return LoadPlan(
        HOST, port, ["/citytown/address/v1/addresses/907900112305"], headers, REQUESTS, connections=32
    )


def _prepare(out: Path, upstream: int, issuer: Issuer, *, bare: bool) -> tuple[Settings, list[str]]:
    """Write an Envoy's files, and return its settings and command."""
    settings = Settings(
        port=free_port(),
        admin_port=free_port(),
        upstreams=dict.fromkeys(SERVICES, f"{HOST}:{upstream}"),
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
    return settings, [*argv, "--concurrency", "1", "--log-level", "error", "--disable-hot-restart"]
