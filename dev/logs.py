"""The logs of the processes: one bounded file each, and the one before it."""

import asyncio
import shutil
from pathlib import Path

MAX_BYTES = 64 * 1024 * 1024
CHECK_SECONDS = 30.0
SUPERVISOR = "supervisor"


def path(folder: Path, name: str) -> Path:
    """Return the log of the process `name`."""
    return folder / "log" / f"{name}.log"


def rotate(folder: Path) -> None:
    """Rename the logs of an earlier run to NAME.log.1."""
    for log in (folder / "log").glob("*.log"):
        if log != path(folder, SUPERVISOR):  # we have it open
            log.replace(f"{log}.1")


async def keep_bounded(folder: Path) -> None:
    """Check the logs from time to time, until cancelled."""
    while True:
        await asyncio.to_thread(truncate_large, folder)
        await asyncio.sleep(CHECK_SECONDS)


def truncate_large(folder: Path) -> None:
    """Move the content of a log that is too large to NAME.log.1.

    Its process goes on writing to the same file, from the beginning, as it was opened for appending.
    """
    for log in (folder / "log").glob("*.log"):
        if log.stat().st_size > MAX_BYTES:
            shutil.copyfile(log, f"{log}.1")
            with log.open("r+b") as content:
                content.truncate(0)
