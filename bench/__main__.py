"""``python -m bench`` measures everything, or what is named: accuracy address growth loads gateway events."""

import asyncio
import sys
import tempfile
from pathlib import Path

from bench import address, envoy, events, growth, loads
from bench.accuracy import report as accuracy
from bench.report import Figure
from bench.town import loaded
from dev import postgres

ACCURACY_SIZE = 1_000  # addresses of each set


async def _all(wanted: set[str], folder: Path) -> list[Figure]:
    figures = accuracy.figures(ACCURACY_SIZE) if "accuracy" in wanted else []
    if wanted == {"accuracy"}:
        return figures
    with postgres.running(folder / "postgres", fast=True) as server:
        async with loaded(server.url, folder) as town:
            if "address" in wanted:
                figures += await address.measure(town)
            if "loads" in wanted:
                figures += await loads.measure(town, folder)
            if "growth" in wanted:
                figures += await growth.measure(town, folder)
            if "events" in wanted:
                figures += await events.measure(folder, town.database_url)
            if "gateway" in wanted:
                figures += envoy.figures(folder)
    return figures


def main() -> None:
    wanted = set(sys.argv[1:]) or {"accuracy", "address", "loads", "growth", "events", "gateway"}
    with tempfile.TemporaryDirectory(prefix="townhall-bench-") as folder:
        figures = asyncio.run(_all(wanted, Path(folder)))
    print("\n".join(map(str, figures)))


if __name__ == "__main__":
    main()
