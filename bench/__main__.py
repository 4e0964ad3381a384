"""``python -m bench`` measures everything, or what is named: accuracy address loads growth events gateway."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from bench import address, envoy, events, growth, loads
from bench.accuracy import report as accuracy
from bench.report import Figure
from bench.town import loaded
from dev import postgres

PARTS = ("accuracy", "address", "loads", "growth", "events", "gateway")
ACCURACY_SIZE = 1_000  # addresses of each set


async def _measured(wanted: set[str], folder: Path) -> AsyncIterator[list[Figure]]:
    """The figures of each part, as soon as it is measured."""
    if "accuracy" in wanted:
        yield accuracy.figures(ACCURACY_SIZE)
    if wanted == {"accuracy"}:
        return
    with postgres.running(folder / "postgres", fast=True) as server:
        async with loaded(server.url, folder) as town:
            if "address" in wanted:
                yield await address.measure(town)
            if "loads" in wanted:
                yield await loads.measure(town, folder)
            if "growth" in wanted:
                yield await growth.measure(town, folder)
            if "events" in wanted:
                yield await events.measure(folder, town.database_url)
            if "gateway" in wanted:
                yield envoy.figures(folder)


async def _print(wanted: set[str], folder: Path) -> None:
    async for figures in _measured(wanted, folder):
        print("\n".join(map(str, figures)), flush=True)


def main() -> None:
    wanted = set(sys.argv[1:]) or set(PARTS)
    if unknown := wanted - set(PARTS):
        sys.exit(f"There is no {', '.join(sorted(unknown))} to measure; there is {', '.join(PARTS)}.")
    with tempfile.TemporaryDirectory(prefix="townhall-bench-") as folder:
        asyncio.run(_print(wanted, Path(folder)))


if __name__ == "__main__":
    main()
