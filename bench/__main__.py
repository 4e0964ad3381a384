"""``python -m bench`` measures everything, or what is named; ``PARTS`` are the names."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from bench import address, envoy, events, growth, identity, loads, sign_ins
from bench.report import Figure
from bench.town import Town, loaded
from dev import postgres

PARTS = ("identity", "address", "loads", "growth", "events", "gateway")


async def _measured(wanted: set[str], folder: Path) -> AsyncIterator[list[Figure]]:
    """The figures of each part, as soon as it is measured."""
    with postgres.running(folder / "postgres", fast=True) as server:
        if "identity" in wanted:
            yield await sign_ins.checks(folder)
            yield await identity.measure(server.url)
        if not wanted - {"identity"}:
            return
        async with loaded(server.url, folder) as town:
            async for figures in _of_town(wanted, town, folder):
                yield figures


async def _of_town(wanted: set[str], town: Town, folder: Path) -> AsyncIterator[list[Figure]]:
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
