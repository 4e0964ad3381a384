"""What a service's commands share: exit codes, progress, and errors an operator can mend.

    with make_reporter() as report:
        report.progress("reading", 20_000, 112_339)
        return report.finish(ExitCode.DONE, "loaded", rows=112_339)

On a terminal that is a bar and a few readable lines; elsewhere a JSON object a line on standard output, the
last one with ``outcome``. An error is one line on standard error, never a traceback or SQL, unless it is a
fault of ours.
"""

import importlib.util
import json
import sys
import time
from abc import ABC, abstractmethod
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Self, TextIO

from pydantic import ValidationError

from chassis.settings import Settings

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_INTERVAL = 0.5  # seconds between two lines of the same step


class ExitCode(IntEnum):
    """How a command ended; from 64 on as ``sysexits.h`` numbers them."""

    DONE = 0
    REFUSED = 1  # the input was read and is not accepted; nothing was changed
    USAGE = 2  # the command cannot run as it was called
    TRY_AGAIN = 75  # the same call may succeed later: something is away, busy or full
    MISCONFIGURED = 78  # a setting is missing or wrong
    INTERRUPTED = 130  # by Ctrl-C


class CommandError(Exception):
    """A reason why a command ends, which its operator can do something about."""

    def __init__(self, code: ExitCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_settings(kind: type[Settings]) -> Settings:
    """Read settings from the environment. Raises CommandError, naming each wrong variable and no value."""
    try:
        return kind()
    except ValidationError as error:
        prefix = kind.model_config.get("env_prefix", "")
        faults = error.errors(include_input=False, include_url=False)
        variables = (f"{prefix}{'_'.join(map(str, fault['loc']))}".upper() for fault in faults)
        lines = (
            f"{name} is not set" if fault["type"] == "missing" else f"{name}: {fault['msg']}"
            for name, fault in zip(variables, faults, strict=True)
        )
        raise CommandError(ExitCode.MISCONFIGURED, f"Settings: {'; '.join(lines)}.") from None


class Reporter(ABC):
    """Reports how far a command is, and how it ended. Use it as a context manager."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @abstractmethod
    def progress(self, step: str, rows: int, total: int | None = None, note: str = "") -> None:
        """Report the rows done of a step, out of ``total`` where that is known."""

    @abstractmethod
    def print_result(self, **facts: Any) -> None:
        """Print what the command was called for."""

    def finish(self, code: ExitCode, outcome: str, **facts: Any) -> ExitCode:
        """Print the summary, and return its exit code."""
        self.print_result(outcome=outcome, **facts)
        return code

    def close(self) -> None:  # noqa: B027 - only a bar has something to end
        """End what is shown on the terminal."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class JsonReporter(Reporter):
    """Writes a JSON object a line; of one step's progress at most one every half second."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._last = ("", 0.0)

    def progress(self, step: str, rows: int, total: int | None = None, note: str = "") -> None:
        now = time.monotonic()
        if step != self._last[0] or now - self._last[1] >= _INTERVAL:
            self._last = step, now
            self.print_result(step=step, rows=rows, total=total, **({"note": note} if note else {}))

    def print_result(self, **facts: Any) -> None:
        self._stream.write(json.dumps(facts) + "\n")
        self._stream.flush()


class TerminalReporter(Reporter):
    """Shows a person a bar while it works, and then the facts a line each."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def progress(self, step: str, rows: int, total: int | None = None, note: str = "") -> None:
        if self._bar is None:
            self._bar = _make_bar(self._stream)
            self._bar.start()
        if step not in self._tasks:
            self._tasks[step] = self._bar.add_task(step, total=total, note="")
        self._bar.update(self._tasks[step], completed=rows, total=total, note=note)

    def print_result(self, **facts: Any) -> None:
        self.close()
        for name, value in facts.items():
            self._stream.write(f"{name.replace('_', ' '):<20} {_to_text(value)}\n")
        self._stream.flush()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
        self._bar, self._tasks = None, {}


def make_reporter(stream: TextIO | None = None) -> Reporter:
    """Make the reporter for standard output. Without ``rich``, it is JSON on a terminal too."""
    stream = stream or sys.stdout
    if stream.isatty() and importlib.util.find_spec("rich"):
        return TerminalReporter(stream)
    return JsonReporter(stream)


def _make_bar(stream: TextIO) -> "Progress":
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    name, note = TextColumn("{task.description:<20}"), TextColumn("{task.fields[note]}")
    columns = (name, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), note)
    return Progress(*columns, console=Console(file=stream), transient=True)


def _to_text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return value if isinstance(value, str) else json.dumps(value)
