"""The folder that holds a stack's state (`.run/`), and the lock of the process that runs there."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dev.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = ROOT / ".run"


def read(file: Path) -> dict[str, Any]:
    """Read a JSON object from a file; an empty one if there is no file."""
    try:
        return dict(json.loads(file.read_text()))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UserError(f"{file} is not readable JSON ({error}).", "Remove it and start again.") from error


def write(file: Path, content: dict[str, Any]) -> None:
    """Write a JSON object to a file in one step. Only the file's owner may read it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content, indent=2) + "\n")
    draft.replace(file)


def passwords(folder: Path, roles: list[str]) -> dict[str, str]:
    """Return the passwords of the database roles, made on the first run and kept."""
    file = folder / "passwords.json"
    stored_passwords: dict[str, str] = read(file)
    missing = [role for role in roles if role not in stored_passwords]
    if missing:
        stored_passwords |= {role: secrets.token_hex(24) for role in missing}
        write(file, stored_passwords)
    return stored_passwords


@contextmanager
def locked(folder: Path, base: int) -> Iterator[None]:
    """Lock the folder for this process. Raises UserError if another process has locked it.

    The kernel releases the lock when the process ends, however it ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        if not _try_lock(lock.fileno()):
            pid = lock_holder(folder).get("pid", "unknown")
            raise UserError(
                f"Townhall runs already (process {pid}, state in {folder}).",
                "`make down` stops it, `make status` shows it.",
            )
        write(folder / "stack.json", {"pid": os.getpid(), "base": base})
        try:
            yield
        finally:
            (folder / "stack.json").unlink(missing_ok=True)


def lock_holder(folder: Path) -> dict[str, Any]:
    """Return `pid` and `base` port of the stack that runs in the folder; empty if none does."""
    if not (folder / "lock").exists():
        return {}
    with (folder / "lock").open("a+") as lock:
        if _try_lock(lock.fileno()):
            return {}
    return read(folder / "stack.json")


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
