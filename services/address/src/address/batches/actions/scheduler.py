"""What the worker does for batches: starts the process that matches them, and deletes what has grown old.

One process at a time, so that a worker takes one CPU at most; it ends by itself when no batch is left.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from address.batches import store
from address.settings import Settings
from chassis import ids
from chassis.database import Database

log = logging.getLogger(__name__)

_LOOK = 1.0  # seconds between looks for a batch
_SWEEP = 3600.0
_FAREWELL = 10.0  # seconds the process has to keep what it has
_CHILD = (sys.executable, "-m", "chassis", "run", "address", "match-batches")


async def tend(database: Database, settings: Settings, child: Sequence[str] = _CHILD) -> None:
    """For ever. ``child`` is the command that matches."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_match(database, settings, child))
        group.create_task(_sweep(database, settings.batch_days))


async def _match(database: Database, settings: Settings, child: Sequence[str]) -> None:
    while True:
        async with database.reading() as session:
            await session.across_councils()
            found = await store.any_free(session)
        if found:
            await _run(database, settings, child)
        await asyncio.sleep(_LOOK)


async def _run(database: Database, settings: Settings, child: Sequence[str]) -> None:
    """Until the process has ended. What it held when it crashed is free at once."""
    holder = ids.new()
    process = await asyncio.create_subprocess_exec(
        *child, "--holder", ids.show(holder), stdin=asyncio.subprocess.PIPE, env=_environment(settings)
    )
    try:
        await process.wait()
    finally:
        if process.returncode is None:
            await _stop(process)
    if process.returncode:
        log.error("matching ended with %s; it goes on where it was", process.returncode)
        await _let_go(database, holder)


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Close its input, which it takes as the word to stop; insist after a while."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_FAREWELL):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _let_go(database: Database, holder: UUID) -> None:
    async with database.writing() as session:
        await session.across_councils()
        await store.let_go(session, holder, forgiven=False)


def _environment(settings: Settings) -> dict[str, str]:
    """Ours, with the settings as we have them, wherever they are from."""
    prefix = settings.model_config["env_prefix"]
    told = {f"{prefix}{name}".upper(): str(value) for name, value in settings.model_dump(mode="json").items()}
    return {**os.environ, **told}


async def _sweep(database: Database, days: int) -> None:
    while True:
        async with database.writing() as session:
            await session.across_councils()
            await store.sweep(session, days)
        await asyncio.sleep(_SWEEP)
