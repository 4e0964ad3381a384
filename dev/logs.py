"""The processes' logs: one file each, bounded, the one before kept once."""

import asyncio
import shutil
from pathlib import Path

LARGEST = 64 * 1024 * 1024  # bytes
LOOK_EVERY = 30.0  # seconds
SUPERVISOR = "supervisor"


def file(folder: Path, name: str) -> Path:
    """Where the process `name` writes what it has to say."""
    return folder / "log" / f"{name}.log"


def begin(folder: Path) -> None:
    """Set the logs of an earlier run aside, as NAME.log.1."""
    for log in (folder / "log").glob("*.log"):
        if log != file(folder, SUPERVISOR):  # open already, by us
            log.replace(f"{log}.1")


async def bound(folder: Path) -> None:
    """See to it for ever that no log outgrows LARGEST."""
    while True:
        await asyncio.to_thread(cut, folder)
        await asyncio.sleep(LOOK_EVERY)


def cut(folder: Path) -> None:
    """Move what a log that is too large holds to NAME.log.1.

    Its writer goes on in the same file, from the beginning: it was opened for appending.
    """
    for log in (folder / "log").glob("*.log"):
        if log.stat().st_size > LARGEST:
            shutil.copyfile(log, f"{log}.1")
            with log.open("r+b") as content:
                content.truncate(0)
