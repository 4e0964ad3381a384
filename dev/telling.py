"""What happens, told to whoever watches: a terminal, a plain log, or the parent of `make up`."""

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn

from dev import summary
from dev.trouble import Trouble


class Teller(Protocol):
    """Somebody who wants to know how the start goes."""

    def expect(self, steps: int) -> None:
        """So many steps will follow."""

    def step(self, name: str, seconds: float | None) -> None:
        """A step begins (`seconds` is None) or is done."""

    def rows(self, council: str, done: int, total: int, step: str) -> None:
        """The loader of a council's data is at `step`, with so many rows read."""

    def note(self, text: str) -> None:
        """Something worth a line."""

    def ready(self, folder: Path, seconds: float) -> None:
        """All runs, after so many seconds."""

    def stopping(self) -> None:
        """Somebody asked for the end: everything is being stopped."""

    def trouble(self, trouble: Trouble) -> None:
        """It cannot go on."""


class Screen:
    """Tells people: bars on a terminal, a line for each step elsewhere."""

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
        self._doing: list[str] = []

    def expect(self, steps: int) -> None:
        if self.console.is_terminal:
            self._bars.start()
            self._tasks["steps"] = self._bars.add_task("Starting Townhall", total=steps, now="")

    def step(self, name: str, seconds: float | None) -> None:
        if seconds is None:
            self._doing.append(name)
        else:
            self._doing.remove(name)
            if not self.console.is_terminal:
                self.console.print(f"{name} ({seconds:.1f} s)")
        if "steps" in self._tasks:
            ended = int(seconds is not None)
            self._bars.update(self._tasks["steps"], advance=ended, now=", ".join(self._doing))

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

    def trouble(self, trouble: Trouble) -> None:
        self._bars.stop()
        self.console.print(f"\n{trouble.what}", style="bold red", markup=False)
        self.console.print(f"{trouble.way_out}\n", markup=False)


class Lines:
    """Tells the parent process: one JSON array a line, the method's name and what it is given.

    The parent goes when all is ready; from then on what there is to note goes to the log.
    """

    def __init__(self, stream: TextIO, log: TextIO) -> None:
        self._stream: TextIO | None = stream
        self._log = log

    def expect(self, steps: int) -> None:
        self._say("expect", steps)

    def step(self, name: str, seconds: float | None) -> None:
        self._say("step", name, seconds)

    def rows(self, council: str, done: int, total: int, step: str) -> None:
        self._say("rows", council, done, total, step)

    def note(self, text: str) -> None:
        self._say("note", text)

    def ready(self, folder: Path, seconds: float) -> None:
        self._say("ready", str(folder), seconds)
        self._stream = None

    def stopping(self) -> None:
        self.note("Stopping Townhall ...")

    def trouble(self, trouble: Trouble) -> None:
        self._say("trouble", trouble.what, trouble.way_out)

    def _say(self, method: str, *values: Any) -> None:
        if self._stream is None:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            self._log.write(f"{now} {' '.join(map(str, values))}\n")
            self._log.flush()
        else:
            self._stream.write(json.dumps([method, *values]) + "\n")
            self._stream.flush()


def listen(lines: Iterable[str], teller: Teller) -> str:
    """Pass on what a child tells with `Lines`; the last word of it: "ready", "trouble" or ""."""
    for line in lines:
        method, *values = json.loads(line)
        if method == "ready":
            teller.ready(Path(values[0]), values[1])
            return "ready"
        if method == "trouble":
            teller.trouble(Trouble(*values))
            return "trouble"
        getattr(teller, method)(*values)
    return ""


def screen_or_lines(*, background: bool) -> Teller:
    """Who is told: the parent process when we run in the background, else the person."""
    return Lines(sys.stdout, sys.stderr) if background else Screen()
