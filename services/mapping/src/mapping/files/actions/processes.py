"""Have files read and written by a child process, with bounds of memory, time and what it may write."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mapping.files.rules.limits import FileRefusedError, Limits
from mapping.files.rules.reports import FileReport, ReadRequest, WriteRequest, read_report

_MODULE = "mapping.files.actions.reader_process"
_LINE = 4_000_000  # bytes of one line of the child, a report with its layers
_INHERITED = ("PATH", "LANG", "TZ", "PROJ_DATA", "DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH")

Progress = Callable[[int, int, int | None], None]
"""The number of the reading, rows done, and of how many if that is known."""


@dataclass(frozen=True, slots=True)
class FileReading:
    """A file to read. ``rows``: where its rows are written; ``folder``: where it may be unpacked."""

    path: Path
    rows: Path
    folder: Path
    request: ReadRequest


def _ignore(_number: int, _rows: int, _total: int | None) -> None:
    return None


async def read_file(
    reading: FileReading, limits: Limits | None = None, progress: Progress = _ignore
) -> FileReport:
    """Read one file. Raises FileRefusedError, also if the file killed or outlasted the process."""
    [outcome] = await read_files([reading], limits, progress)
    if isinstance(outcome, FileRefusedError):
        raise outcome
    return outcome


async def read_files(
    readings: Sequence[FileReading], limits: Limits | None = None, progress: Progress = _ignore
) -> list[FileReport | FileRefusedError]:
    """Read files one after another, by one process. The bounds are for all of them together."""
    limits = limits or Limits()
    job = {
        "task": "read",
        "limits": asdict(limits),
        "readings": [
            {
                "path": str(reading.path),
                "out": str(reading.rows),
                "folder": str(reading.folder),
                "request": asdict(reading.request),
            }
            for reading in readings
        ],
    }
    outcomes: list[FileReport | FileRefusedError] = []
    end = await _run(job, limits, lambda line: _take(line, outcomes, progress))
    if len(outcomes) < len(readings):
        outcomes += [_explain(end)] * (len(readings) - len(outcomes))
    return outcomes


def _take(line: dict[str, Any], outcomes: list[FileReport | FileRefusedError], progress: Progress) -> None:
    if "rows" in line:
        progress(line["reading"], line["rows"], line["total"])
    elif "report" in line:
        outcomes.append(read_report(line["report"]))
    elif "refused" in line:
        code, detail, choices = line["refused"]
        outcomes.append(FileRefusedError(code, detail, tuple(choices)))


def _explain(status: int | None) -> FileRefusedError:
    """Say why a process that told nothing has ended. ``status``: of its exit, none if it was out of time."""
    if status is None or status in (-signal.SIGXCPU, -signal.SIGKILL):
        return FileRefusedError("too-slow", "Reading the file took more time than it may. Divide it.")
    detail = "Reading the file broke the program that reads it, as a damaged or very large file does."
    return FileRefusedError("unreadable", f"{detail} Open it in your GIS and save it again.")


async def write_file(writing: WriteRequest, limits: Limits | None = None) -> int:
    """Write rows as a file, by one process. Return how many. Raises OSError if that failed."""
    limits = limits or Limits()
    counts: list[int] = []
    job = {"task": "write", "limits": asdict(limits), "writing": asdict(writing)}
    end = await _run(job, limits, lambda line: counts.append(line["rows_written"]))
    if not counts:
        raise OSError(f"the file was not written: the process ended with {end}")
    return counts[0]


async def _run(job: dict[str, Any], limits: Limits, take: Callable[[dict[str, Any]], None]) -> int | None:
    """Run the child. Return how it ended; none if it was out of time."""
    async with _start() as process:
        try:
            async with asyncio.timeout(limits.wall):
                await _converse(process, job, take)
                return await process.wait()
        except (TimeoutError, ValueError):  # ValueError: a line beyond all bounds
            return None


async def _converse(process: Process, job: dict[str, Any], take: Callable[[dict[str, Any]], None]) -> None:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process has no pipes")
    process.stdin.write(json.dumps(job).encode())
    try:
        await process.stdin.drain()
        process.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        return
    async for line in process.stdout:
        take(json.loads(line))


@asynccontextmanager
async def _start() -> AsyncIterator[Process]:
    """Start the child, without our secrets in its environment; it is dead when the block ends."""
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        _MODULE,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env=environment,
        limit=_LINE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
