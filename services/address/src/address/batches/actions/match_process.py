"""Run the command that matches a batch as a process: matching takes a whole CPU, a worker has one loop."""

import asyncio
import os
import sys
from contextlib import suppress
from uuid import UUID

from address.settings import Settings
from chassis import ids

COMMAND = (sys.executable, "-m", "chassis", "run", "address", "match-batch")


async def run_match_process(settings: Settings, council: str, batch: UUID) -> int:
    """Match what is left of a batch in a process. Return its exit code, negative for a signal.

    When this task is cancelled, or this process ends, so does that one: what it has not saved by then is
    matched again.
    """
    arguments = ("--council", council, "--batch", ids.show(batch), "--attached")
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, stdin=asyncio.subprocess.PIPE, env=_environment(settings)
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _environment(settings: Settings) -> dict[str, str]:
    """Return the environment with the current settings, wherever they came from."""
    prefix = settings.model_config["env_prefix"]
    overrides = {
        f"{prefix}{name}".upper(): str(value) for name, value in settings.model_dump(mode="json").items()
    }
    return {**os.environ, **overrides}
