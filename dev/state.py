"""The folder a town keeps its state in (`.run/`), and who runs there at the moment."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dev.trouble import Trouble

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = ROOT / ".run"


def read(file: Path) -> dict[str, Any]:
    """A JSON object from a file; an empty one when there is no file."""
    try:
        return dict(json.loads(file.read_text()))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise Trouble(f"{file} is not readable JSON ({error}).", "Remove it and start again.") from error


def write(file: Path, content: dict[str, Any]) -> None:
    """A JSON object to a file that only its owner reads, replaced in one step."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content, indent=2) + "\n")
    draft.replace(file)


def passwords(folder: Path, names: list[str]) -> dict[str, str]:
    """The passwords of the database roles, made on the first run and kept."""
    file = folder / "passwords.json"
    known: dict[str, str] = read(file)
    missing = [name for name in names if name not in known]
    if missing:
        known |= {name: secrets.token_hex(24) for name in missing}
        write(file, known)
    return known


@contextmanager
def held(folder: Path, base: int) -> Iterator[None]:
    """Hold the folder for this process; Trouble when another process holds it.

    The kernel lets go of the lock when its holder ends, however it ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        if not _lock(lock.fileno()):
            pid = holder(folder).get("pid", "unknown")
            raise Trouble(
                f"This town runs already (process {pid}, state in {folder}).",
                "`make down` stops it, `python -m dev status` shows it.",
            )
        write(folder / "town.json", {"pid": os.getpid(), "base": base})
        try:
            yield
        finally:
            (folder / "town.json").unlink(missing_ok=True)


def holder(folder: Path) -> dict[str, Any]:
    """`pid` and `base` port of the town that runs in the folder; empty when none does."""
    if not (folder / "lock").exists():
        return {}
    with (folder / "lock").open("a+") as lock:
        if _lock(lock.fileno()):
            return {}
    return read(folder / "town.json")


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
