"""Starts processes, keeps them running, and stops every one of them at the end."""

import asyncio
import contextlib
import os
import signal
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dev import leftovers, logs, processes
from dev.account import Account
from dev.trouble import Trouble

READY_WITHIN = 90.0  # seconds
PAUSES = (0.1, 0.5, 1.0, 2.0)  # seconds before the first restart, the second ...
MANY = 5  # crashes ...
WITHIN = 60.0  # ... in so many seconds, and we give up


async def _at_once() -> bool:
    return True


@dataclass(frozen=True)
class Process:
    """One process of the town: how it starts, when it is ready, how it is asked to stop."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    ready: Callable[[], Awaitable[bool]] = _at_once
    account: Account | None = None
    polite: int = signal.SIGTERM
    server: bool = False  # others depend on it until their last moment


@dataclass
class _Kept:
    process: Process
    child: asyncio.subprocess.Process
    keeper: asyncio.Task[None] | None = None
    crashes: deque[float] = field(default_factory=lambda: deque(maxlen=MANY))


class Supervisor:
    """The processes of one town. `failed` is set when one of them cannot be kept running."""

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self.folder = folder
        self.failed: asyncio.Future[Trouble] = asyncio.get_running_loop().create_future()
        self._tell = tell
        self._kept: list[_Kept] = []

    async def start(self, process: Process) -> None:
        """Start a process and wait until it is ready; from then on it is kept running.

        Raises:
            Trouble: it ended, or was not ready in time; with the last lines of its log.
        """
        kept = _Kept(process, await self._spawn(process))
        self._kept.append(kept)
        await self._until_ready(kept)
        kept.keeper = asyncio.create_task(self._keep(kept), name=f"keep {process.name}")

    async def run(self, process: Process, hear: Callable[[str], None] | None = None) -> None:
        """Run a process to its end; `hear` is given each line of its standard output.

        Raises:
            Trouble: it ended with another exit code than 0.
        """
        kept = _Kept(process, await self._spawn(process, piped=hear is not None))
        self._kept.append(kept)
        if kept.child.stdout and hear:
            async for line in kept.child.stdout:
                hear(line.decode(errors="replace").rstrip("\n"))
        code = await kept.child.wait()
        self._kept.remove(kept)
        leftovers.forget(self.folder, process.name)
        if code != 0:
            raise crashed(self.folder, process.name, code)

    async def stop(self) -> None:
        """Stop everything: first those who use the servers, then the servers. Leaves nothing running."""
        for kept in self._kept:
            if kept.keeper:
                kept.keeper.cancel()
        for servers in (False, True):
            await asyncio.gather(*(self._end(kept) for kept in self._kept if kept.process.server is servers))
        self._kept.clear()
        leftovers.forget(self.folder)

    async def _spawn(self, process: Process, *, piped: bool = False) -> asyncio.subprocess.Process:
        log = logs.file(self.folder, process.name)
        made = processes.options(log, process.env, process.account, process.polite)
        descriptor = made["stdout"]
        if piped:
            made |= {"stdout": asyncio.subprocess.PIPE, "stderr": descriptor}
        try:
            child = await asyncio.create_subprocess_exec(*process.argv, **made)
        except OSError as error:
            what = f"{process.name} cannot be started: {error}."
            raise Trouble(what, f"Is {process.argv[0]} there?") from error
        finally:
            os.close(descriptor)
        leftovers.remember(self.folder, process.name, child.pid)
        return child

    async def _until_ready(self, kept: _Kept) -> None:
        end = time.monotonic() + READY_WITHIN
        while not await kept.process.ready():
            if kept.child.returncode is not None:
                raise crashed(self.folder, kept.process.name, kept.child.returncode)
            if time.monotonic() > end:
                raise slow(self.folder, kept.process.name)
            await asyncio.sleep(0.05)

    async def _keep(self, kept: _Kept) -> None:
        name = kept.process.name
        while True:
            code = await kept.child.wait()
            processes.kill_group(kept.child.pid)  # its own children do not outlive it
            kept.crashes.append(time.monotonic())
            if len(kept.crashes) == MANY and kept.crashes[-1] - kept.crashes[0] < WITHIN:
                self._give_up(crashed(self.folder, name, code, times=MANY))
                return
            recent = sum(1 for at in kept.crashes if kept.crashes[-1] - at < WITHIN)
            pause = PAUSES[min(recent, len(PAUSES)) - 1]
            self._tell(f"{name} ended ({ending(code)}); starting it again in {pause} s")
            await asyncio.sleep(pause)
            try:
                kept.child = await self._spawn(kept.process)
            except Trouble as trouble:
                self._give_up(trouble)
                return

    def _give_up(self, trouble: Trouble) -> None:
        if not self.failed.done():
            self.failed.set_result(trouble)

    async def _end(self, kept: _Kept) -> None:
        child = kept.child
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(kept.process.polite)
        try:
            await asyncio.wait_for(child.wait(), processes.STOP_WITHIN)
        except TimeoutError:
            self._tell(f"{kept.process.name} does not stop; it is killed")
        processes.kill_group(child.pid)
        await child.wait()


def crashed(folder: Path, name: str, code: int, times: int = 1) -> Trouble:
    """The message for a process that ended by itself."""
    often = f"{times} times in a minute, the last time " if times > 1 else ""
    return _with_log(folder, name, f"{name} ended {often}with {ending(code)}.")


def slow(folder: Path, name: str) -> Trouble:
    """The message for a process that runs and is not ready in time."""
    return _with_log(folder, name, f"{name} runs but is not ready after {READY_WITHIN:.0f} s.")


def ending(code: int) -> str:
    """An exit code in words: a signal by its name."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _with_log(folder: Path, name: str, what: str) -> Trouble:
    log = logs.file(folder, name)
    lines = processes.last_lines(log) or ["(it wrote nothing)"]
    return Trouble(
        what + " Its last lines:\n" + "\n".join(f"    {line}" for line in lines),
        f"The whole log: {log}. `rm -rf {folder}` gives a fresh town (and loses its data).",
    )
