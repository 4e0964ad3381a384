"""Progress reports of a start: to a terminal, to a plain log, or to the parent process of ``make up``."""

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn

from dev import summary
from dev.errors import UserError


class Reporter(Protocol):
    """Receives the progress of a start."""

    def expect(self, steps: int) -> None:
        """Report how many steps will follow."""

    def step(self, name: str, seconds: float | None) -> None:
        """Report that a step begins (`seconds` is None) or has ended."""

    def rows(self, council: str, done: int, total: int, step: str) -> None:
        """Report the loader's step for a council, and how many rows it has read."""

    def note(self, text: str) -> None:
        """Report something else, in a line."""

    def ready(self, folder: Path, seconds: float) -> None:
        """Report that everything runs, after so many seconds."""

    def stopping(self) -> None:
        """Report that everything is being stopped."""

    def error(self, error: UserError) -> None:
        """Report an error that ends the run."""


class ConsoleReporter:
    """Reports to a person: bars on a terminal, else a line for each step."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[now]}"),
            console=self.console,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._running_steps: list[str] = []

    def expect(self, steps: int) -> None:
        if self.console.is_terminal:
            self._bars.start()
            self._tasks["steps"] = self._bars.add_task("Starting Townhall", total=steps, now="")

    def step(self, name: str, seconds: float | None) -> None:
        if seconds is None:
            self._running_steps.append(name)
        else:
            self._running_steps.remove(name)
            if not self.console.is_terminal:
                self.console.print(f"{name} ({seconds:.1f} s)")
        if "steps" in self._tasks:
            ended = int(seconds is not None)
            self._bars.update(self._tasks["steps"], advance=ended, now=", ".join(self._running_steps))

    def rows(self, council: str, done: int, total: int, step: str) -> None:
        if self.console.is_terminal:
            if council not in self._tasks:
                self._tasks[council] = self._bars.add_task(f"Properties of {council}", now=step)
            self._bars.update(self._tasks[council], completed=done, total=total, now=step)

    def note(self, text: str) -> None:
        self.console.print(text, markup=False)

    def ready(self, folder: Path, seconds: float) -> None:
        self._bars.stop()
        self.console.print(summary.text(folder, seconds), markup=False)

    def stopping(self) -> None:
        self._bars.stop()
        self.console.print("\nStopping Townhall ...")

    def error(self, error: UserError) -> None:
        self._bars.stop()
        self.console.print(f"\n{error.problem}", style="bold red", markup=False)
        self.console.print(f"{error.remedy}\n", markup=False)


class PipeReporter:
    """Reports to the parent process: a JSON array in each line, of the method's name and its arguments.

    The parent ends when all is ready; later notes go to the log.
    """

    def __init__(self, stream: TextIO, log: TextIO) -> None:
        self._stream: TextIO | None = stream
        self._log = log

    def expect(self, steps: int) -> None:
        self._send("expect", steps)

    def step(self, name: str, seconds: float | None) -> None:
        self._send("step", name, seconds)

    def rows(self, council: str, done: int, total: int, step: str) -> None:
        self._send("rows", council, done, total, step)

    def note(self, text: str) -> None:
        self._send("note", text)

    def ready(self, folder: Path, seconds: float) -> None:
        self._send("ready", str(folder), seconds)
        self._stream = None

    def stopping(self) -> None:
        self.note("Stopping Townhall ...")

    def error(self, error: UserError) -> None:
        self._send("error", error.problem, error.remedy)

    def _send(self, method: str, *arguments: Any) -> None:
        if self._stream is None:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            self._log.write(f"{now} {' '.join(map(str, arguments))}\n")
            self._log.flush()
        else:
            self._stream.write(json.dumps([method, *arguments]) + "\n")
            self._stream.flush()


def relay(lines: Iterable[str], reporter: Reporter) -> str:
    """Pass on the reports of a `PipeReporter`; return "ready" or "error", or "" if neither came."""
    for line in lines:
        method, *arguments = json.loads(line)
        if method == "ready":
            reporter.ready(Path(arguments[0]), arguments[1])
            return "ready"
        if method == "error":
            reporter.error(UserError(*arguments))
            return "error"
        getattr(reporter, method)(*arguments)
    return ""


def create_reporter(*, background: bool) -> Reporter:
    """Report to the parent process if we run in the background, else to the person."""
    return PipeReporter(sys.stdout, sys.stderr) if background else ConsoleReporter()
