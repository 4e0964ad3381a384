"""Identity: machines' tokens against the bare limit, for one council and a thousand; people; keys."""

import base64
import random
import secrets
import sys
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import asyncpg

from bench import passwords
from bench.figures import Figure
from bench.load_generator import LoadPlan
from bench.measurement import HOST, Rate, best_rates, resident_megabytes, run_load, server
from chassis import ids
from chassis.migrations import migrate
from chassis.provision import provision
from dev.ports import free_port
from identity.shared.rules import crypto

PASSWORD = "bench"  # noqa: S105 - of a database that lives as long as the run
ROUNDS = 3
COUNCILS = 1_000
CLIENTS = 10  # of every council
_REQUESTS = 2_000
_PACED_REQUESTS, _PACE = 900, 150.0  # requests, and requests a second, where the p99 is measured
_FORM = "application/x-www-form-urlencoded"
_TRACE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"}
_BARE_CLIENT = [("bare", "a-secret-of-some-length-as-they-are-usually")]
Credentials = list[tuple[str, str]]  # client ids and secrets


async def measure(admin_url: str) -> list[Figure]:
    """Measure tokens per CPU second against the limit; then the p99 of tokens and keys, and sign-ins."""
    database_url = await _create_database(admin_url)
    one_council, all_councils = await _create_clients(database_url)
    port, bare_port = free_port(), free_port()
    argv = [sys.executable, "-m", "chassis", "serve", "identity", "--port", str(port)]
    bare_argv = [sys.executable, "-m", "uvicorn", "bench.bare_tokens:create", "--factory"]
    bare_argv += ["--port", str(bare_port), "--no-access-log", "--log-level", "warning"]
    with (
        server(argv, _environment(database_url), port, "/health/live") as service,
        server(bare_argv, {}, bare_port, "/live") as bare,
    ):
        plan = _plan_tokens(port, "/identity/token", one_council)
        bare_plan = _plan_tokens(bare_port, "/token", _BARE_CLIENT)
        rate, bare_rate = best_rates(ROUNDS, [(service, plan), (bare, bare_plan)])
        memory = "identity service, {}, resident"
        return [
            *_compare(rate, bare_rate),
            *_measure_p99(port, one_council, all_councils),
            Figure(memory.format("machines only"), resident_megabytes(service), "MB", most=120),
            *await passwords.measure(service, database_url, port),
            Figure(memory.format("after passwords (19 MiB each)"), resident_megabytes(service), "MB"),
        ]


def _environment(database_url: str) -> dict[str, str]:
    return {
        "IDENTITY_DATABASE_URL": database_url,
        "IDENTITY_MASTER_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "IDENTITY_LOG_LEVEL": "WARNING",
        "IDENTITY_LIMIT_CLIENT": "1000000/s",  # the rate limit of a client is not what is measured
    }


def _compare(ours: Rate, bare: Rate) -> list[Figure]:
    ratio = ours.per_cpu_second / bare.per_cpu_second
    return [
        Figure("machine's token, ours", ours.per_cpu_second, "req/CPU-s"),
        Figure("machine's token, bare FastAPI + joserfc", bare.per_cpu_second, "req/CPU-s"),
        Figure("machine's token, ours / bare", ratio, "x", least=0.7),
    ]


def _measure_p99(port: int, one_council: Credentials, all_councils: Credentials) -> list[Figure]:
    """Measure the p99 of paced requests: the best of three rounds each, in turns."""
    keys_path = "/identity/.well-known/jwks.json"
    plans = [
        _plan_tokens(port, "/identity/token", one_council),
        _plan_tokens(port, "/identity/token", all_councils),
        LoadPlan(HOST, port, [keys_path], _TRACE, _PACED_REQUESTS),
    ]
    paced = [replace(plan, rate=_PACE, requests=_PACED_REQUESTS) for plan in plans]
    rounds = [[run_load(plan).p99 for plan in paced] for _ in range(3)]
    single, many, public_keys = (min(p99) for p99 in zip(*rounds, strict=True))
    return [
        Figure("machine's token, p99, one council", single, "ms"),
        Figure(f"machine's token, p99, {COUNCILS:,} councils x {CLIENTS}", many, "ms"),
        Figure("machine's token, p99, many / one", many / single, "x", most=1.1),
        Figure("public keys, p99", public_keys, "ms", most=5),
    ]


def _plan_tokens(port: int, path: str, credentials: Credentials) -> LoadPlan:
    bodies = [
        urlencode({"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret})
        for client_id, secret in credentials
    ]
    return LoadPlan(HOST, port, [path] * len(bodies), _TRACE, _REQUESTS, bodies=bodies, media_type=_FORM)


async def _create_database(admin_url: str) -> str:
    await provision(admin_url, "identity", owner_password=PASSWORD, password=PASSWORD)
    database_server = admin_url.rpartition("@")[2].partition("/")[0]
    await migrate("identity", f"postgresql://identity_owner:{PASSWORD}@{database_server}/identity")
    return f"postgresql://identity:{PASSWORD}@{database_server}/identity"


async def _create_clients(database_url: str) -> tuple[Credentials, Credentials]:
    """Create a thousand councils of ten clients; return those of one, and a thousand drawn from all."""
    slugs = [f"council-{number}" for number in range(COUNCILS)]
    clients = [(slug, ids.new(), secrets.token_urlsafe(24)) for slug in slugs for _ in range(CLIENTS)]
    connection = await asyncpg.connect(database_url, server_settings={"app.council": "*"})
    await connection.executemany(
        "INSERT INTO council (slug, name, gss, region, version) VALUES ($1, $1, $2, 'local', 1)",
        [(slug, f"E{number:08}") for number, slug in enumerate(slugs)],
    )
    now = datetime.now(UTC)
    await connection.executemany(
        "INSERT INTO client (council, id, name, mode, scopes, secret_hash, generation, created_by,"
        " created_at) VALUES ($1, $2, $2::uuid::text, 'live', '{address:read}', $3, 1, 'bench', $4)",
        [(slug, client, crypto.hash_secret(secret), now) for slug, client, secret in clients],
    )
    await connection.close()
    credentials = [(ids.show(client), secret) for _, client, secret in clients]
    return credentials[:CLIENTS], random.Random(5).sample(credentials, COUNCILS)
