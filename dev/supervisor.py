"""The supervisor: it starts processes, restarts those that end, and stops all of them."""

import asyncio
import contextlib
import os
import shlex
import signal
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dev import disk, logs, orphans, processes
from dev.errors import UserError
from dev.unix_user import UnixUser

READY_WITHIN = 90.0  # seconds
RESTART_DELAYS = (0.1, 0.5, 1.0, 2.0)  # seconds before the first restart, the second ...
MAX_CRASHES = 5  # so many ...
CRASH_WINDOW = 60.0  # ... in so many seconds, and we give up


async def _always_ready() -> bool:
    return True


@dataclass(frozen=True)
class Process:
    """A process of the stack: how it starts, when it is ready, and which signal stops it."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    ready: Callable[[], Awaitable[bool]] = _always_ready
    user: UnixUser | None = None
    stop_signal: int = signal.SIGTERM
    server: bool = False  # stopped last, as the others need it


@dataclass
class _Child:
    process: Process
    child: asyncio.subprocess.Process
    watcher: asyncio.Task[None] | None = None
    crashes: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_CRASHES))


class Supervisor:
    """The processes of one stack. `failed` is set if one of them cannot be kept running."""

    def __init__(self, folder: Path, note: Callable[[str], None]) -> None:
        self.folder = folder
        self.failed: asyncio.Future[UserError] = asyncio.get_running_loop().create_future()
        self._note = note
        self._children: list[_Child] = []

    async def start(self, process: Process) -> None:
        """Start a process, wait until it is ready, and restart it whenever it ends.

        Raises UserError if it ends or is not ready in time, with the last lines of its log.
        """
        started = _Child(process, await self._spawn(process))
        self._children.append(started)
        await self._wait_until_ready(started)
        started.watcher = asyncio.create_task(self._watch(started), name=f"watch {process.name}")

    async def run(self, process: Process, on_line: Callable[[str], None] | None = None) -> None:
        """Run a process to its end; call `on_line` with each line of its standard output.

        Raises UserError if its exit code is not 0.
        """
        started = _Child(process, await self._spawn(process, piped=on_line is not None))
        self._children.append(started)
        if started.child.stdout and on_line:
            async for line in started.child.stdout:
                on_line(line.decode(errors="replace").rstrip("\n"))
        code = await started.child.wait()
        self._children.remove(started)
        orphans.forget(self.folder, process.name)
        if code != 0:
            raise crash_error(self.folder, process.name, code)

    @contextlib.asynccontextmanager
    async def suspended(self, name: str) -> AsyncIterator[None]:
        """Stop a process while the body runs; start it again after, unless the body failed."""
        [stopped] = [started for started in self._children if started.process.name == name]
        if stopped.watcher:
            stopped.watcher.cancel()
        await self._stop(stopped)
        self._children.remove(stopped)
        orphans.forget(self.folder, name)
        yield
        await self.start(stopped.process)

    async def stop(self) -> None:
        """Stop every process: first those that use the servers, then the servers."""
        for started in self._children:
            if started.watcher:
                started.watcher.cancel()
        for is_server in (False, True):
            await asyncio.gather(
                *(self._stop(started) for started in self._children if started.process.server is is_server)
            )
        self._children.clear()
        orphans.forget(self.folder)

    async def _spawn(self, process: Process, *, piped: bool = False) -> asyncio.subprocess.Process:
        log = logs.path(self.folder, process.name)
        options = processes.popen_options(log, process.env, process.user, process.stop_signal)
        descriptor = options["stdout"]
        if piped:
            options |= {"stdout": asyncio.subprocess.PIPE, "stderr": descriptor}
        try:
            child = await asyncio.create_subprocess_exec(*process.argv, **options)
        except OSError as error:
            problem = f"{process.name} cannot be started: {error}."
            raise UserError(problem, f"Is {process.argv[0]} there?") from error
        finally:
            os.close(descriptor)
        orphans.record(self.folder, process.name, child.pid)
        return child

    async def _wait_until_ready(self, started: _Child) -> None:
        end = time.monotonic() + READY_WITHIN
        while not await started.process.ready():
            if started.child.returncode is not None:
                raise crash_error(self.folder, started.process.name, started.child.returncode)
            if time.monotonic() > end:
                raise timeout_error(self.folder, started.process.name)
            await asyncio.sleep(0.05)

    async def _watch(self, started: _Child) -> None:
        name = started.process.name
        while True:
            code = await started.child.wait()
            processes.kill_group(started.child.pid)  # its own children end with it
            started.crashes.append(time.monotonic())
            if (
                len(started.crashes) == MAX_CRASHES
                and started.crashes[-1] - started.crashes[0] < CRASH_WINDOW
            ):
                self._give_up(crash_error(self.folder, name, code, times=MAX_CRASHES))
                return
            recent = sum(1 for at in started.crashes if started.crashes[-1] - at < CRASH_WINDOW)
            delay = RESTART_DELAYS[min(recent, len(RESTART_DELAYS)) - 1]
            self._note(f"{name} ended ({describe_exit(code)}); starting it again in {delay} s")
            await asyncio.sleep(delay)
            try:
                started.child = await self._spawn(started.process)
            except UserError as error:
                self._give_up(error)
                return

    def _give_up(self, error: UserError) -> None:
        if not self.failed.done():
            self.failed.set_result(error)

    async def _stop(self, started: _Child) -> None:
        child = started.child
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(started.process.stop_signal)
        try:
            await asyncio.wait_for(child.wait(), processes.STOP_WITHIN)
        except TimeoutError:
            self._note(f"{started.process.name} does not stop; it is killed")
        processes.kill_group(child.pid)
        await child.wait()


def crash_error(folder: Path, name: str, code: int, times: int = 1) -> UserError:
    """Describe a process that ended by itself."""
    often = f"{times} times in a minute, the last time " if times > 1 else ""
    return _error_with_log(folder, name, f"{name} ended {often}with {describe_exit(code)}.")


def timeout_error(folder: Path, name: str) -> UserError:
    """Describe a process that runs and is not ready in time."""
    return _error_with_log(folder, name, f"{name} runs but is not ready after {READY_WITHIN:.0f} s.")


def describe_exit(code: int) -> str:
    """Describe an exit code; a signal by its name."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _error_with_log(folder: Path, name: str, problem: str) -> UserError:
    log = logs.path(folder, name)
    lines = processes.last_lines(log) or ["(it wrote nothing)"]
    if disk.is_full(lines):
        return disk.full_error(folder, name)
    return UserError(
        problem + " Its last lines:\n" + "\n".join(f"    {line}" for line in lines),
        f"The whole log: {log}. To start afresh, remove all data: `rm -rf {shlex.quote(str(folder))}`.",
    )
