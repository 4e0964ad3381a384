"""Start the process that matches batches, and purge old ones. The worker runs this.

One process at a time, so that a worker uses at most one CPU. It ends by itself when no batch is left.
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

_POLL = 1.0  # seconds
_PURGE_EVERY = 3600.0
_STOP_TIMEOUT = 10.0  # seconds for the process to save its work
_CHILD = (sys.executable, "-m", "chassis", "run", "address", "match-batches")


async def run_scheduler(database: Database, settings: Settings, child: Sequence[str] = _CHILD) -> None:
    """Run for ever. ``child``: the command that matches."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_match_batches(database, settings, child))
        group.create_task(_purge(database, settings.batch_days))


async def _match_batches(database: Database, settings: Settings, child: Sequence[str]) -> None:
    while True:
        async with database.reading() as session:
            await session.set_all_councils()
            has_work = await store.has_free(session)
        if has_work:
            await _run_child(database, settings, child)
        await asyncio.sleep(_POLL)


async def _run_child(database: Database, settings: Settings, child: Sequence[str]) -> None:
    """Run the process until it ends. If it crashed, release its claim."""
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
        await _release(database, holder)


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Close its input, which tells it to stop; kill it after the timeout."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_STOP_TIMEOUT):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _release(database: Database, holder: UUID) -> None:
    async with database.writing() as session:
        await session.set_all_councils()
        await store.release(session, holder, forgiven=False)


def _environment(settings: Settings) -> dict[str, str]:
    """Return the environment with the current settings, wherever they came from."""
    prefix = settings.model_config["env_prefix"]
    overrides = {
        f"{prefix}{name}".upper(): str(value) for name, value in settings.model_dump(mode="json").items()
    }
    return {**os.environ, **overrides}


async def _purge(database: Database, days: int) -> None:
    while True:
        async with database.writing() as session:
            await session.set_all_councils()
            await store.purge(session, days)
        await asyncio.sleep(_PURGE_EVERY)
