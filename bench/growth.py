"""How each figure grows with the gazetteer: ten times Citytown, then eighteen times (two million)."""

import sys
from dataclasses import replace
from pathlib import Path

import asyncpg

from bench import grow
from bench.measure import free_port, server
from bench.reads import paced, questions
from bench.report import Figure
from bench.town import DATA, Town, plan, run, settle

_STEPS = {"ten times": range(10), "two million": range(10, 18)}


async def measure(town: Town, folder: Path) -> list[Figure]:
    """The same questions as of Citytown, asked of another council of the same database as it grows."""
    found: list[Figure] = []
    for name, copies in _STEPS.items():
        file = folder / "grown.csv"
        rows = grow.write(DATA, file, copies)
        said = run(town, "load", str(file), "--council", "grown")
        file.unlink()
        await settle(town)
        found.append(Figure(f"loader, {rows:,} more rows", float(said["rows_per_second"]), "addresses/s"))
        found += await _asked(town, name)
    return found


async def _asked(town: Town, name: str) -> list[Figure]:
    connection = await asyncpg.connect(town.database_url)
    asked = await questions(connection, "grown", big=True)
    # Type-ahead has a limit at this size; the others' are for a gazetteer of one council.
    asked = [one if one.name == "type-ahead" else replace(one, most=None) for one in asked]
    await connection.close()
    port = free_port()
    argv = [sys.executable, "-m", "chassis", "serve", "address", "--port", str(port)]
    with server(argv, town.environment, port, "/health/live") as service:
        found = paced(asked, plan(town, port, []), name)
        resident = float(service.memory_info().rss) / 1e6
    return [*found, Figure(f"address service, {name}, resident", resident, "MB")]
