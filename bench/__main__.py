"""``python -m bench [PART ...]`` measures everything, or the parts named: see ``PARTS``."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from bench import (
    address,
    case_changes,
    case_queues,
    case_timers,
    case_types,
    consumers,
    due_dates,
    envoy,
    events,
    growth,
    identity,
    jobs,
    loader,
    locate,
    map_features,
    map_tiles,
    payment_creation,
    payments,
    reconciliation,
    revocations,
    token_checks,
)
from bench.figures import Figure
from bench.gazetteer import Gazetteer, load_gazetteer
from dev import postgres

_Measure = Callable[[str, Path], Awaitable[list[Figure]]]
_WITHOUT_DATABASE = {"due-dates": due_dates.measure, "case-types": case_types.measure}
_WITH_DATABASE: dict[str, _Measure] = {
    "jobs": lambda url, _: jobs.measure(url),
    "payments": payments.measure,
    "creation": lambda _, folder: payment_creation.measure(folder),
    "reconciliation": lambda url, _: reconciliation.measure(url),
    "locate": locate.measure,
    "case-changes": case_changes.measure,
    "case-queues": case_queues.measure,
    "tiles": map_tiles.measure,
    "features": map_features.measure,
    "case-timers": case_timers.measure,
}
_WITHOUT_GAZETTEER = {"identity", *_WITH_DATABASE, *_WITHOUT_DATABASE}
PARTS = (
    *("identity", "address", "loader", "growth", "events", "consumers", "gateway"),
    *_WITH_DATABASE,
    *_WITHOUT_DATABASE,
)


async def _measure(parts: set[str], folder: Path) -> AsyncIterator[list[Figure]]:
    """Yield the figures of each part as soon as it is measured."""
    for part, measure in _WITH_DATABASE.items():
        if part in parts:  # a server of its own: two parts may measure one service
            with postgres.running(folder / part, fast=True) as server:
                yield await measure(server.url, folder)
    if not parts - {*_WITH_DATABASE, *_WITHOUT_DATABASE}:
        return
    with postgres.running(folder / "postgres", fast=True) as server:
        if "identity" in parts:
            yield await token_checks.measure(folder)
            yield await identity.measure(server.url)
        if not parts - _WITHOUT_GAZETTEER:
            return
        async with load_gazetteer(server.url, folder) as gazetteer:
            async for figures in _measure_with_gazetteer(parts, gazetteer, folder, server.url):
                yield figures


async def _measure_with_gazetteer(
    parts: set[str], gazetteer: Gazetteer, folder: Path, admin_url: str
) -> AsyncIterator[list[Figure]]:
    if "address" in parts:
        yield await address.measure(gazetteer)
    if "loader" in parts:
        yield await loader.measure(gazetteer, folder)
    if "growth" in parts:
        yield await growth.measure(gazetteer, folder)
    if "events" in parts:
        yield await events.measure(folder, gazetteer.database_url)
        yield await revocations.measure(folder, admin_url, gazetteer)
    if "consumers" in parts:
        yield await consumers.measure(folder, admin_url, gazetteer.database_url)
    if "gateway" in parts:
        yield envoy.measure(folder)


async def _print_figures(parts: set[str], folder: Path) -> None:
    for part in _WITHOUT_DATABASE.keys() & parts:
        print("\n".join(map(str, _WITHOUT_DATABASE[part]())), flush=True)
    if parts <= _WITHOUT_DATABASE.keys():
        return
    async for figures in _measure(parts, folder):
        print("\n".join(map(str, figures)), flush=True)


def main() -> None:
    """Measure the parts named on the command line."""
    parts = set(sys.argv[1:]) or set(PARTS)
    if unknown := parts - set(PARTS):
        sys.exit(f"There is no part {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}.")
    with tempfile.TemporaryDirectory(prefix="townhall-bench-") as folder:
        asyncio.run(_print_figures(parts, Path(folder)))


if __name__ == "__main__":
    main()
