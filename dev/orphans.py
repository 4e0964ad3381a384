"""Processes that a killed run left behind, found by process id and start time."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import psutil

from dev import state

STOP_WITHIN = 10.0  # seconds
START_TOLERANCE = 2.0  # seconds: start times shift a little when the clock is set


def record(folder: Path, name: str, pid: int) -> None:
    """Record a started process, so that a later run can find it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        recorded = state.read(folder / "processes.json")
        # Process ids are used again. Together with the start time they name one process.
        recorded[name] = {"pid": pid, "created": psutil.Process(pid).create_time()}
        state.write(folder / "processes.json", recorded)


def forget(folder: Path, name: str = "") -> None:
    """Remove the record of a process that has ended; without a name, all records."""
    recorded = state.read(folder / "processes.json") if name else {}
    recorded.pop(name, None)
    if recorded:
        state.write(folder / "processes.json", recorded)
    else:
        (folder / "processes.json").unlink(missing_ok=True)


def find_running(folder: Path) -> dict[str, psutil.Process]:
    """Return the recorded processes that still run, by name."""
    running = {}
    for name, entry in state.read(folder / "processes.json").items():
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(int(entry["pid"]))
            if (
                abs(process.create_time() - entry["created"]) < START_TOLERANCE
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                running[name] = process
    return running


def stop_all(folder: Path) -> list[str]:
    """Stop the recorded processes and their children; return the names of those that ran."""
    running = find_running(folder)
    family = [member for process in running.values() for member in _with_children(process)]
    for process in running.values():
        _suppress_errors(process.terminate)
    _, alive = psutil.wait_procs(family, timeout=STOP_WITHIN)
    for process in alive:
        _suppress_errors(process.kill)
    psutil.wait_procs(alive, timeout=STOP_WITHIN)
    forget(folder)
    return sorted(running)


def _with_children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return [process]


def _suppress_errors(action: Callable[[], None]) -> None:
    with contextlib.suppress(psutil.Error):
        action()
