"""A child process: started so that it cannot outlive us, and stopped with its whole group."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dev.unix_user import UnixUser

STOP_WITHIN = 10.0  # seconds from the stop signal to SIGKILL
PR_SET_PDEATHSIG = 1


def popen_options(
    log: Path, env: Mapping[str, str], user: UnixUser | None = None, stop_signal: int = signal.SIGTERM
) -> dict[str, Any]:
    """Return the options for `Popen` and asyncio's: a process group, a log file, a user.

    On Linux the kernel sends `stop_signal` to the child when we end, however we end.
    """
    options: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": open_log(log),
        "stderr": subprocess.STDOUT,
        "env": dict(env),
        "process_group": 0,
        "preexec_fn": signal_at_parent_death(stop_signal),
    }
    if user is not None:
        options |= {"user": user.uid, "group": user.gid, "extra_groups": []}
    return options


def open_log(log: Path) -> int:
    """Open `log` for appending; the caller closes the descriptor."""
    log.parent.mkdir(parents=True, exist_ok=True)
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def signal_at_parent_death(number: int) -> Callable[[], None] | None:
    """Return what the child calls before it runs: it asks the kernel for a signal when we end."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def request_signal() -> None:
        prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # we ended between fork and the line above
            os._exit(1)

    return request_signal


def start(
    argv: Sequence[str | Path],
    log: Path,
    env: Mapping[str, str],
    user: UnixUser | None = None,
    stop_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `argv`; its output goes to `log`."""
    options = popen_options(log, env, user, stop_signal)
    try:
        return subprocess.Popen([str(part) for part in argv], **options)
    finally:
        os.close(options["stdout"])


def stop(
    process: subprocess.Popen[Any], stop_signal: int = signal.SIGTERM, within: float = STOP_WITHIN
) -> int:
    """Send the stop signal, kill the group after `within` seconds; return the exit code."""
    if process.poll() is None:
        process.send_signal(stop_signal)
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            kill_group(process.pid)
    kill_group(process.pid)
    return process.wait()


def kill_group(group: int) -> None:
    """Send SIGKILL to every process of the group, if there is one."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def wait_until(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Poll `is_ready`; return False if the process ends or the time is over first."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_ready():
            return True
        if process.poll() is not None:
            return False
        time.sleep(0.02)
    return False


def last_lines(log: Path, count: int = 15) -> list[str]:
    """Return the last lines of a log, each cut to 300 characters."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64 * 1024))
        text = file.read().decode(errors="replace")
    return [line[:300] for line in text.splitlines()[-count:]]
