"""Room on the disk: asked for before a start, and named in one line where something ran out of it."""

import errno
import shlex
import shutil
from collections.abc import Iterable
from pathlib import Path

from dev.errors import UserError

# Megabytes that a start needs in a folder without data, by the demonstration it loads.
NEEDED = {"full": 2_000, "small": 500, "none": 400}
NEEDED_AGAIN = 200  # where the data are there already
# What the programs write that ran out of room: the C library, PostgreSQL's SQLSTATE, asyncpg.
_FULL = ("No space left on device", "53100", "DiskFullError", "Disk quota exceeded", "ENOSPC")


def require_room(folder: Path, data: str) -> None:
    """Raise UserError unless the disk of the state's folder has room for a start."""
    started_before = (folder / "postgres").exists()
    needed = NEEDED_AGAIN if started_before else NEEDED[data]
    free = shutil.disk_usage(_find_existing(folder)).free // 1_000_000
    if free < needed:
        raise UserError(
            f"The disk of {folder} has {free} MB free; Townhall needs {needed} MB there.", _remedy(folder)
        )


def is_full(lines: Iterable[str]) -> bool:
    """Check whether a program's last words say that the disk is full."""
    return any(sign in line for line in lines for sign in _FULL)


def full_error(folder: Path, name: str) -> UserError:
    """Describe a program that ran out of room."""
    free = shutil.disk_usage(_find_existing(folder)).free // 1_000_000
    return UserError(f"The disk of {folder} is full ({free} MB free): {name} stopped.", _remedy(folder))


def is_disk_full(error: OSError) -> bool:
    """Check whether an error of the system means a full disk or quota."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def _remedy(folder: Path) -> str:
    return (
        f"Make room (`du -sh {shlex.quote(str(folder))}` shows what Townhall takes) and start again, "
        "or keep its state on another disk: `.venv/bin/python -m dev run --state DIR`."
    )


def _find_existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
