"""What an earlier run left behind when it was killed: found by process id and start time."""

import contextlib
from pathlib import Path

import psutil

from dev import state

GONE_WITHIN = 10.0  # seconds
SAME_START = 2.0  # seconds: a start time shifts a little when the machine's clock is set


def remember(folder: Path, name: str, pid: int) -> None:
    """Note a process that was started, so that a later run can find it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        known = state.read(folder / "processes.json")
        # A process id is used again some day; together with its start time it is one process.
        known[name] = {"pid": pid, "created": psutil.Process(pid).create_time()}
        state.write(folder / "processes.json", known)


def forget(folder: Path, name: str = "") -> None:
    """The process `name` ended as it should; without a name, all of them did."""
    known = state.read(folder / "processes.json") if name else {}
    known.pop(name, None)
    if known:
        state.write(folder / "processes.json", known)
    else:
        (folder / "processes.json").unlink(missing_ok=True)


def living(folder: Path) -> dict[str, psutil.Process]:
    """The noted processes that still run, by name."""
    found = {}
    for name, entry in state.read(folder / "processes.json").items():
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(int(entry["pid"]))
            if (
                abs(process.create_time() - entry["created"]) < SAME_START
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                found[name] = process
    return found


def sweep(folder: Path) -> list[str]:
    """Stop what an earlier run left behind; the names of what was found."""
    found = living(folder)
    family = [child for process in found.values() for child in _with_children(process)]
    for process in found.values():
        _quietly(process.terminate)
    _, alive = psutil.wait_procs(family, timeout=GONE_WITHIN)
    for process in alive:
        _quietly(process.kill)
    psutil.wait_procs(alive, timeout=GONE_WITHIN)
    forget(folder)
    return sorted(found)


def _with_children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return [process]


def _quietly(act: object) -> None:
    with contextlib.suppress(psutil.Error):
        if callable(act):
            act()
