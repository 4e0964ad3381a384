"""The address service: its hot reads against the bare limit, and the p99 of each kind of question."""

import sys
import time

import asyncpg

from bench.figures import Figure
from bench.gazetteer import Gazetteer, plan_reads
from bench.measurement import Rate, best_rates, resident_megabytes, server
from bench.questions import draw_questions, measure_p99
from dev.ports import free_port

ROUNDS = 4


async def measure(gazetteer: Gazetteer) -> list[Figure]:
    """Measure reads per CPU second, one worker each, in turns with the limit; then the p99."""
    port, bare_port = free_port(), free_port()
    argv = [sys.executable, "-m", "chassis", "serve", "address", "--port", str(port)]
    bare_argv = [sys.executable, "-m", "uvicorn", "bench.bare_reads:create", "--factory"]
    bare_argv += ["--port", str(bare_port), "--no-access-log", "--log-level", "warning"]
    start = time.monotonic()
    with (
        server(argv, gazetteer.environment, port, "/health/live") as service,
        server(bare_argv, {"BARE_DATABASE_URL": gazetteer.database_url}, bare_port, "/live") as bare,
    ):
        seconds = time.monotonic() - start
        rows_per_second = float(gazetteer.load_summary["rows_per_second"])
        figures = [Figure("loader", rows_per_second, "addresses/s", least=20_000)]
        for name, paths, bare_paths in _reads(gazetteer):
            rate, bare_rate = best_rates(
                ROUNDS,
                [
                    (service, plan_reads(gazetteer, port, paths)),
                    (bare, plan_reads(gazetteer, bare_port, bare_paths)),
                ],
            )
            figures += _compare(name, rate, bare_rate)
        connection = await asyncpg.connect(gazetteer.database_url)
        questions = await draw_questions(connection, "citytown")
        await connection.close()
        figures.append(Figure("address service, start-up", seconds, "s", most=5))
        memory = "address service, resident after"
        figures.append(Figure(f"{memory} reads", resident_megabytes(service), "MB"))
        figures += measure_p99(questions, plan_reads(gazetteer, port, []), "citytown")
        figures.append(Figure(f"{memory} all", resident_megabytes(service), "MB"))
    return figures


def _reads(gazetteer: Gazetteer) -> list[tuple[str, list[str], list[str]]]:
    """List the hot reads: their name, and the paths of the service and of the bare limit."""
    places = "/citytown/address/search/places/v1"
    postcodes = [postcode.replace(" ", "%20") for postcode in gazetteer.postcodes]
    return [
        (
            "UPRN read",
            [f"/citytown/address/v1/addresses/{uprn}" for uprn in gazetteer.uprns],
            [f"/uprn/{uprn}" for uprn in gazetteer.uprns],
        ),
        (
            "postcode read (OS Places)",
            [f"{places}/postcode?postcode={postcode}" for postcode in postcodes],
            [f"/postcode/{postcode}" for postcode in postcodes],
        ),
    ]


def _compare(name: str, ours: Rate, bare: Rate) -> list[Figure]:
    return [
        Figure(f"{name}, ours", ours.per_cpu_second, "req/CPU-s"),
        Figure(f"{name}, bare Starlette + asyncpg + msgspec", bare.per_cpu_second, "req/CPU-s"),
        Figure(f"{name}, ours / bare", ours.per_cpu_second / bare.per_cpu_second, "x", least=0.40),
    ]
