"""What runs, and how much memory it takes."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from dev import orphans, state

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class MemoryUse:
    """A process with its children: resident bytes (RSS), and with a share of shared pages (PSS)."""

    name: str
    pid: int
    processes: int
    resident: int
    proportional: int | None


def list_memory(folder: Path) -> list[MemoryUse]:
    """Measure every process of the stack in `folder`, the supervisor first."""
    holder = state.lock_holder(folder)
    supervisor = dict(_find_supervisor(holder.get("pid")))
    return [
        _measure(name, process) for name, process in {**supervisor, **orphans.find_running(folder)}.items()
    ]


def _find_supervisor(pid: int | None) -> Iterator[tuple[str, psutil.Process]]:
    if pid is not None:
        with contextlib.suppress(psutil.Error):
            yield "supervisor", psutil.Process(pid)


def _measure(name: str, process: psutil.Process) -> MemoryUse:
    # The supervisor's children are listed under their own names.
    children = [] if name == "supervisor" else process.children(recursive=True)
    resident, shares = 0, []
    for member in [process, *children]:
        with contextlib.suppress(psutil.Error):
            resident += member.memory_info().rss
            shares.append(_proportional(member))
    known_shares = [share for share in shares if share is not None]
    return MemoryUse(
        name, process.pid, 1 + len(children), resident, sum(known_shares) if known_shares else None
    )


def _proportional(process: psutil.Process) -> int | None:
    """Return PSS, which splits shared pages between their users. Linux has it, macOS does not."""
    try:
        return int(process.memory_full_info().pss)
    except (AttributeError, psutil.Error):
        return None


def show(folder: Path, console: Console | None = None) -> int:
    """Print the table; return 0 if a stack runs, 1 if none does."""
    console = console or Console(highlight=False)
    uses = list_memory(folder)
    if not uses:
        console.print(f"Townhall does not run in {folder}.", markup=False)
        return 1
    table = Table("process", "id", "of", "RSS MiB", "PSS MiB", box=None, header_style="bold")
    for use in uses:
        table.add_row(
            use.name, str(use.pid), str(use.processes), _format(use.resident), _format(use.proportional)
        )
    proportional = [use.proportional for use in uses if use.proportional is not None]
    resident = sum(use.resident for use in uses)
    count = sum(use.processes for use in uses)
    total = _format(sum(proportional) if proportional else None)
    table.add_row("sum", "", str(count), _format(resident), total, style="bold")
    console.print(table)
    return 0


def _format(size: int | None) -> str:
    return "-" if size is None else f"{size / MEBIBYTE:,.0f}"
