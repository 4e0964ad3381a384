"""The address service: hot reads against the bare limit, and what a client waits for each question."""

import sys
import time

import asyncpg
import psutil

from bench.measure import Rate, best, free_port, server
from bench.reads import paced, questions
from bench.report import Figure
from bench.town import Town, plan

ROUNDS = 4


async def measure(town: Town) -> list[Figure]:
    """Ratios of requests per CPU second, one worker each, best of several rounds in turns; then the p99."""
    ours, bare = free_port(), free_port()
    argv = [sys.executable, "-m", "chassis", "serve", "address", "--port", str(ours)]
    limit = [sys.executable, "-m", "uvicorn", "bench.bare:create", "--factory", "--port", str(bare)]
    quiet = ["--no-access-log", "--log-level", "warning"]
    start = time.monotonic()
    with (
        server(argv, town.environment, ours, "/health/live") as service,
        server([*limit, *quiet], {"BARE_DATABASE_URL": town.database_url}, bare, "/live") as floor,
    ):
        started = time.monotonic() - start
        found = [Figure("loader", float(town.loaded["rows_per_second"]), "addresses/s", goal=20_000)]
        for name, our_paths, bare_paths in _reads(town):
            mine, least = best(
                ROUNDS, [(service, plan(town, ours, our_paths)), (floor, plan(town, bare, bare_paths))]
            )
            found += _figures(name, mine, least)
        connection = await asyncpg.connect(town.database_url)
        asked = await questions(connection, "citytown")
        await connection.close()
        found.append(Figure("address service, start-up", started, "s", most=5))
        found.append(Figure("address service, resident after reads", _resident(service), "MB"))
        found += paced(asked, plan(town, ours, []), "citytown")
        found.append(Figure("address service, resident after all", _resident(service), "MB"))
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


def _figures(name: str, ours: Rate, bare: Rate) -> list[Figure]:
    return [
        Figure(f"{name}, ours", ours.per_cpu_second, "req/CPU-s"),
        Figure(f"{name}, bare Starlette + asyncpg + msgspec", bare.per_cpu_second, "req/CPU-s"),
        Figure(f"{name}, ours / bare", ours.per_cpu_second / bare.per_cpu_second, "x", goal=0.40),
    ]


def _resident(service: psutil.Process) -> float:
    return float(service.memory_info().rss) / 1e6
