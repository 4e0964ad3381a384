"""How each figure grows with the gazetteer: at ten times citytown's, then at eighteen (two million)."""

import sys
from dataclasses import replace
from pathlib import Path

import asyncpg

from bench import gazetteer_copies
from bench.figures import Figure
from bench.gazetteer import DATA, Gazetteer, plan_reads, run_command, settle
from bench.measurement import resident_megabytes, server
from bench.questions import draw_questions, measure_p99
from dev.ports import free_port

_SIZES = {"ten times": range(10), "two million": range(10, 18)}


async def measure(gazetteer: Gazetteer, folder: Path) -> list[Figure]:
    """Ask citytown's questions of another council in the same database, as it grows."""
    figures: list[Figure] = []
    for size, copies in _SIZES.items():
        file = folder / "grown.csv"
        rows = gazetteer_copies.write(DATA, file, copies)
        summary = run_command(gazetteer, "load", str(file), "--council", "grown")
        file.unlink()
        await settle(gazetteer)
        rows_per_second = float(summary["rows_per_second"])
        figures.append(Figure(f"loader, {rows:,} more rows", rows_per_second, "addresses/s"))
        figures += await _measure_questions(gazetteer, size)
    return figures


async def _measure_questions(gazetteer: Gazetteer, size: str) -> list[Figure]:
    connection = await asyncpg.connect(gazetteer.database_url)
    questions = await draw_questions(connection, "grown", large=True)
    await connection.close()
    # Only type-ahead has a goal at this size. The others' goals are for the gazetteer of one council.
    questions = [
        question if question.name == "type-ahead" else replace(question, most=None) for question in questions
    ]
    port = free_port()
    argv = [sys.executable, "-m", "chassis", "serve", "address", "--port", str(port)]
    with server(argv, gazetteer.environment, port, "/health/live") as service:
        figures = measure_p99(questions, plan_reads(gazetteer, port, []), size)
        resident = resident_megabytes(service)
    return [*figures, Figure(f"address service, {size}, resident", resident, "MB")]
