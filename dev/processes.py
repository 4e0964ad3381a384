"""One child process: how it is started so that it cannot outlive us, and how it is stopped."""

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

from dev.account import Account

STOP_WITHIN = 10.0  # seconds from the polite signal to SIGKILL
PR_SET_PDEATHSIG = 1


def options(
    log: Path, env: Mapping[str, str], account: Account | None = None, farewell: int = signal.SIGTERM
) -> dict[str, Any]:
    """Keyword arguments for `Popen` (and asyncio's): own process group, log file, account.

    On Linux the kernel sends `farewell` to the child when we die, however we die.
    """
    made: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": open_log(log),
        "stderr": subprocess.STDOUT,
        "env": dict(env),
        "process_group": 0,
        "preexec_fn": dies_with_us(farewell),
    }
    if account is not None:
        made |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    return made


def open_log(log: Path) -> int:
    """A descriptor that appends to `log`; who closes it is the caller's matter."""
    log.parent.mkdir(parents=True, exist_ok=True)
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def dies_with_us(farewell: int) -> Callable[[], None] | None:
    """What the child runs before the program: ask the kernel for a signal at our death."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, farewell)
        if os.getppid() != parent:  # we died between fork and the line above
            os._exit(1)

    return ask


def start(
    argv: Sequence[str | Path],
    log: Path,
    env: Mapping[str, str],
    account: Account | None = None,
    farewell: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `argv`; its output goes to `log`."""
    made = options(log, env, account, farewell)
    try:
        return subprocess.Popen([str(part) for part in argv], **made)
    finally:
        os.close(made["stdout"])


def stop(process: subprocess.Popen[Any], polite: int = signal.SIGTERM, within: float = STOP_WITHIN) -> int:
    """Ask the process to end, insist after `within` seconds, sweep its group; its exit code."""
    if process.poll() is None:
        process.send_signal(polite)
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            kill_group(process.pid)
    kill_group(process.pid)
    return process.wait()


def kill_group(group: int) -> None:
    """SIGKILL to every process of the group; nothing when none is left."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Poll `ready` until it holds; False when the process ended or the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ready():
            return True
        if process.poll() is not None:
            return False
        time.sleep(0.02)
    return False


def last_lines(log: Path, count: int = 15) -> list[str]:
    """The last lines of a log, each cut to 300 characters."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64 * 1024))
        text = file.read().decode(errors="replace")
    return [line[:300] for line in text.splitlines()[-count:]]
