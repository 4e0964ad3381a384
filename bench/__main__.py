"""``python -m bench [address] [growth] [gateway] [events] [identity]``: everything, or what is named."""

import asyncio
import sys
import tempfile
from pathlib import Path

from bench import address, envoy, events, growth, identity
from bench.report import Figure
from bench.town import loaded
from dev import postgres


async def _all(wanted: set[str], folder: Path) -> list[Figure]:
    figures: list[Figure] = []
    with postgres.running(folder / "postgres", fast=True) as server:
        if "identity" in wanted:
            figures += await identity.measure(server.url)
        if wanted == {"identity"}:
            return figures
        async with loaded(server.url, folder) as town:
            if "address" in wanted:
                figures += await address.measure(town)
            if "growth" in wanted:
                figures += await growth.measure(town, folder)
            if "events" in wanted:
                figures += await events.measure(folder, town.database_url)
            if "gateway" in wanted:
                figures += envoy.figures(folder)
    return figures


def main() -> None:
    wanted = set(sys.argv[1:]) or {"address", "growth", "events", "gateway", "identity"}
    with tempfile.TemporaryDirectory(prefix="townhall-bench-") as folder:
        figures = asyncio.run(_all(wanted, Path(folder)))
    print("\n".join(map(str, figures)))


if __name__ == "__main__":
    main()
