"""`make up` and `make down`: the same town, without a terminal."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from dev import leftovers, processes, state, telling
from dev.plan import Town
from dev.trouble import Trouble

GONE_WITHIN = 45.0  # seconds from SIGTERM until the supervisor is killed


def up(town: Town) -> int:
    """Start the town in the background and return when it is ready (0) or has failed (1)."""
    argv = [sys.executable, "-m", "dev", "run", "--background", "--state", str(town.folder)]
    argv += ["--port", str(town.ports.base), "--data", town.data]
    log = processes.open_log(state.log_file(town.folder, "supervisor"))
    supervisor = subprocess.Popen(
        argv,
        cwd=state.ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
    )
    os.close(log)
    try:
        last = telling.listen(supervisor.stdout or [], telling.Screen())
    except KeyboardInterrupt:
        supervisor.terminate()
        supervisor.wait()
        raise
    if last == "ready":
        return 0
    supervisor.wait()
    if last == "":
        lines = processes.last_lines(state.log_file(town.folder, "supervisor"))
        raise Trouble("The supervisor ended:\n" + "\n".join(lines), "That is a defect; please report it.")
    return 1


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
