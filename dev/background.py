"""A stack without a terminal: ``make up`` and ``make down``, and a whole stack for tests."""

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

from dev import logs, orphans, ports, processes, progress, state, unix_user
from dev.errors import UserError
from dev.progress import ConsoleReporter
from dev.stack import Stack

STOP_WITHIN = 45.0  # seconds from SIGTERM until the supervisor is killed


def up(stack: Stack) -> int:
    """Start the stack in the background; return 0 when it is ready, or 1 when it has failed."""
    supervisor = _spawn(stack, outlives_us=True)
    try:
        return 0 if _wait_until_ready(stack, supervisor, ConsoleReporter()) else 1
    except KeyboardInterrupt:
        supervisor.terminate()
        supervisor.wait()
        raise


def down(folder: Path) -> int:
    """Stop the stack that runs in `folder`, and what an earlier one left behind."""
    holder = state.lock_holder(folder)
    if holder:
        _stop_supervisor(folder, int(holder["pid"]))
    stopped = orphans.stop_all(folder)
    for name in stopped:
        print(f"Stopped {name}, left behind by an earlier run.")
    if not holder and not stopped:
        print(f"Townhall does not run in {folder}.")
    return 0


@contextmanager
def running(folder: Path, data: str = "small") -> Iterator[Stack]:
    """Run a whole stack for tests, on free ports, with its state in `folder`; stop it at the end.

    Raises UserError if it does not start, with all that it reported.
    """
    stack = Stack(folder.resolve(), ports.free_ports(), data)
    output = io.StringIO()
    supervisor = _spawn(stack, outlives_us=False)
    try:
        if not _wait_until_ready(stack, supervisor, ConsoleReporter(Console(file=output, width=200))):
            problem = f"The stack for the tests does not start:\n{output.getvalue()}"
            raise UserError(problem, f"See {folder}/log.")
        yield stack
    finally:
        processes.stop(supervisor, within=STOP_WITHIN)
        unix_user.remove_fallback(folder / "postgres")


def _spawn(stack: Stack, *, outlives_us: bool) -> subprocess.Popen[str]:
    """Start the supervisor, which reports its progress on its standard output."""
    argv = [sys.executable, "-m", "dev", "run", "--background", "--state", str(stack.folder)]
    argv += ["--port", str(stack.ports.base), "--data", stack.data]
    log = processes.open_log(logs.path(stack.folder, logs.SUPERVISOR))
    before_run = None if outlives_us else processes.signal_at_parent_death(signal.SIGTERM)
    try:
        return subprocess.Popen(
            argv,
            cwd=state.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            preexec_fn=before_run,  # noqa: PLW1509
        )
    finally:
        os.close(log)


def _wait_until_ready(stack: Stack, supervisor: subprocess.Popen[str], reporter: ConsoleReporter) -> bool:
    """Pass on the supervisor's reports until the stack is ready (True) or has failed (False)."""
    last = ""
    if supervisor.stdout is not None:
        with supervisor.stdout as lines:
            last = progress.relay(lines, reporter)
    if last == "ready":
        return True
    supervisor.wait()
    if last == "":
        log = "\n".join(processes.last_lines(logs.path(stack.folder, logs.SUPERVISOR)))
        raise UserError(f"The supervisor ended:\n{log}", "That is a defect; please report it.")
    return False


def _stop_supervisor(folder: Path, pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + STOP_WITHIN
    while state.lock_holder(folder):
        if time.monotonic() > end:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            return
        time.sleep(0.05)
    print("Townhall is stopped.")
