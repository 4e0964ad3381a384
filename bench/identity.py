"""Identity: tokens of machines against the bare limit, of one council and a thousand; people; public keys."""

import base64
import random
import secrets
import sys
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import asyncpg
import psutil

from bench import sign_ins
from bench.load import Plan
from bench.measure import HOST, best, free_port, run_load, server
from bench.report import Figure
from chassis import ids
from chassis.migrations import migrate
from chassis.provision import provision
from identity.shared.rules import crypto

PASSWORD = "bench"  # noqa: S105 - of a database that lives as long as the run
ROUNDS = 3
COUNCILS = 1_000
CLIENTS = 10  # of every council
_REQUESTS = 2_000
_RATE = 150.0  # requests a second where the wait is measured
_FORM = "application/x-www-form-urlencoded"
_TRACE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"}


async def measure(admin_url: str) -> list[Figure]:
    """Ratio of tokens per CPU second, then what a client waits for tokens and keys."""
    url = await _database(admin_url)
    one, many = await _clients(url)
    ours, bare = free_port(), free_port()
    environment = {
        "IDENTITY_DATABASE_URL": url,
        "IDENTITY_MASTER_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "IDENTITY_LOG_LEVEL": "WARNING",
        "IDENTITY_CLIENT_RATE": "1000000",  # a client's own limit is not what is measured
        "IDENTITY_CLIENT_BURST": "1000000",
    }
    argv = [sys.executable, "-m", "chassis", "serve", "identity", "--port", str(ours)]
    limit = [sys.executable, "-m", "uvicorn", "bench.bare_tokens:create", "--factory", "--port", str(bare)]
    quiet = ["--no-access-log", "--log-level", "warning"]
    least = [("bare", "a-secret-of-some-length-as-they-are-usually")]
    with (
        server(argv, environment, ours, "/health/live") as service,
        server([*limit, *quiet], {}, bare, "/live") as floor,
    ):
        mine, lowest = best(
            ROUNDS,
            [(service, _tokens(ours, "/identity/token", one)), (floor, _tokens(bare, "/token", least))],
        )
        return [
            Figure("machine's token, ours", mine.per_cpu_second, "req/CPU-s"),
            Figure("machine's token, bare FastAPI + joserfc", lowest.per_cpu_second, "req/CPU-s"),
            Figure(
                "machine's token, ours / bare", mine.per_cpu_second / lowest.per_cpu_second, "x", goal=0.7
            ),
            *_waits(ours, one, many),
            Figure("identity service, machines only, resident", _resident(service), "MB", most=120),
            *await sign_ins.by_password(service, url, ours),
            Figure("identity service, after passwords (19 MiB each), resident", _resident(service), "MB"),
        ]


def _waits(port: int, one: list[tuple[str, str]], many: list[tuple[str, str]]) -> list[Figure]:
    """p99 of paced requests: the best of three rounds each, in turns."""
    published = Plan(HOST, port, ["/identity/.well-known/jwks.json"], _TRACE, 900, rate=_RATE)
    plans = [
        *(replace(_tokens(port, "/identity/token", who), rate=_RATE, requests=900) for who in (one, many)),
        published,
    ]
    rounds = [[run_load(plan).p99 for plan in plans] for _ in range(3)]
    single, thousand, keys_wait = (min(p99) for p99 in zip(*rounds, strict=True))
    return [
        Figure("machine's token, p99, one council", single, "ms"),
        Figure(f"machine's token, p99, {COUNCILS:,} councils x {CLIENTS}", thousand, "ms"),
        Figure("machine's token, p99, many / one", thousand / single, "x", most=1.1),
        Figure("public keys, p99", keys_wait, "ms", most=5),
    ]


def _tokens(port: int, path: str, who: list[tuple[str, str]]) -> Plan:
    bodies = [
        urlencode({"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret})
        for client_id, secret in who
    ]
    return Plan(HOST, port, [path] * len(bodies), _TRACE, _REQUESTS, bodies=bodies, media_type=_FORM)


async def _database(admin_url: str) -> str:
    await provision(admin_url, "identity", owner_password=PASSWORD, password=PASSWORD)
    place = admin_url.rpartition("@")[2].partition("/")[0]
    await migrate("identity", f"postgresql://identity_owner:{PASSWORD}@{place}/identity")
    return f"postgresql://identity:{PASSWORD}@{place}/identity"


async def _clients(url: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """A thousand councils with ten clients each: those of the first, and a thousand drawn from all."""
    slugs = [f"council-{number}" for number in range(COUNCILS)]
    made = [(slug, ids.new(), secrets.token_urlsafe(24)) for slug in slugs for _ in range(CLIENTS)]
    connection = await asyncpg.connect(url, server_settings={"app.council": "*"})
    await connection.executemany(
        "INSERT INTO council (slug, name, gss, region, version) VALUES ($1, $1, $2, 'local', 1)",
        [(slug, f"E{number:08}") for number, slug in enumerate(slugs)],
    )
    now = datetime.now(UTC)
    await connection.executemany(
        "INSERT INTO client (council, id, name, mode, scopes, secret_hash, generation, created_by,"
        " created_at) VALUES ($1, $2, $2::uuid::text, 'live', '{address:read}', $3, 1, 'bench', $4)",
        [(slug, client, crypto.hash_secret(secret), now) for slug, client, secret in made],
    )
    await connection.close()
    shown = [(ids.show(client), secret) for _, client, secret in made]
    return shown[:CLIENTS], random.Random(5).sample(shown, COUNCILS)


def _resident(service: psutil.Process) -> float:
    return float(service.memory_info().rss) / 1e6
