"""A town without a terminal: `make up` and `make down`, and a whole town for tests."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from dev import account, leftovers, logs, ports, processes, state, telling
from dev.plan import Town
from dev.telling import Screen
from dev.trouble import Trouble

GONE_WITHIN = 45.0  # seconds from SIGTERM until the supervisor is killed


def up(town: Town) -> int:
    """Start the town in the background and return when it is ready (0) or has failed (1)."""
    supervisor = _spawn(town, outlives_us=True)
    try:
        return 0 if _ready(town, supervisor, Screen()) else 1
    except KeyboardInterrupt:
        supervisor.terminate()
        supervisor.wait()
        raise


def down(folder: Path) -> int:
    """Stop the town that runs in `folder`, and whatever an earlier one left behind."""
    holder = state.holder(folder)
    if holder:
        _end(folder, int(holder["pid"]))
    left = leftovers.sweep(folder)
    for name in left:
        print(f"Stopped {name}, left behind by an earlier run.")
    if not holder and not left:
        print(f"No town runs in {folder}.")
    return 0


@contextmanager
def running(folder: Path, data: str = "small") -> Iterator[Town]:
    """A whole town on ports of its own, with its state in `folder`, for tests; stopped at the end.

    Raises:
        Trouble: it does not start; with all it said.
    """
    town = Town(folder.resolve(), ports.free_base(), data)
    said = io.StringIO()
    supervisor = _spawn(town, outlives_us=False)
    try:
        if not _ready(town, supervisor, Screen(Console(file=said, width=200))):
            raise Trouble(f"The town for the tests does not start:\n{said.getvalue()}", f"See {folder}/log.")
        yield town
    finally:
        processes.stop(supervisor, within=GONE_WITHIN)
        account.leave(folder / "postgres")


def _spawn(town: Town, *, outlives_us: bool) -> subprocess.Popen[str]:
    """The supervisor, which tells on its standard output how the start goes."""
    argv = [sys.executable, "-m", "dev", "run", "--background", "--state", str(town.folder)]
    argv += ["--port", str(town.ports.base), "--data", town.data]
    log = processes.open_log(logs.file(town.folder, logs.SUPERVISOR))
    try:
        return subprocess.Popen(
            argv,
            cwd=state.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            preexec_fn=None if outlives_us else processes.dies_with_us(signal.SIGTERM),  # noqa: PLW1509
        )
    finally:
        os.close(log)


def _ready(town: Town, supervisor: subprocess.Popen[str], screen: Screen) -> bool:
    """Pass on what the supervisor tells until the town is ready, or has failed."""
    last = ""
    if supervisor.stdout is not None:
        with supervisor.stdout as lines:
            last = telling.listen(lines, screen)
    if last == "ready":
        return True
    supervisor.wait()
    if last == "":
        said = processes.last_lines(logs.file(town.folder, logs.SUPERVISOR))
        raise Trouble("The supervisor ended:\n" + "\n".join(said), "That is a defect; please report it.")
    return False


def _end(folder: Path, pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + GONE_WITHIN
    while state.holder(folder):
        if time.monotonic() > end:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            return
        time.sleep(0.05)
    print("Townhall is stopped.")
