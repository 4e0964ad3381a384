"""What runs and how much memory it takes."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from dev import leftovers, state

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Use:
    """One named process with its children: resident bytes, and its fair share of shared pages."""

    name: str
    pid: int
    processes: int
    resident: int
    proportional: int | None


def uses(folder: Path) -> list[Use]:
    """Every process of the town that runs in `folder`, its supervisor first."""
    holder = state.holder(folder)
    found = dict(_supervisor(holder.get("pid")))
    return [_use(name, process) for name, process in {**found, **leftovers.living(folder)}.items()]


def _supervisor(pid: int | None) -> Iterator[tuple[str, psutil.Process]]:
    if pid is not None:
        with contextlib.suppress(psutil.Error):
            yield "supervisor", psutil.Process(pid)


def _use(name: str, process: psutil.Process) -> Use:
    # The supervisor's children are listed under their own names.
    children = [] if name == "supervisor" else process.children(recursive=True)
    resident, shares = 0, []
    for one in [process, *children]:
        with contextlib.suppress(psutil.Error):
            resident += one.memory_info().rss
            shares.append(_proportional(one))
    known = [share for share in shares if share is not None]
    return Use(name, process.pid, 1 + len(children), resident, sum(known) if known else None)


def _proportional(process: psutil.Process) -> int | None:
    """PSS: memory that several processes share is counted once over all. Linux tells it, macOS does not."""
    try:
        return int(process.memory_full_info().pss)
    except (AttributeError, psutil.Error):
        return None


def show(folder: Path, console: Console | None = None) -> int:
    """Print the table; 0 when a town runs, 1 when none does."""
    console = console or Console(highlight=False)
    found = uses(folder)
    if not found:
        console.print(f"No town runs in {folder}.", markup=False)
        return 1
    table = Table("process", "id", "of", "RSS MiB", "PSS MiB", box=None, header_style="bold")
    for use in found:
        table.add_row(
            use.name, str(use.pid), str(use.processes), _size(use.resident), _size(use.proportional)
        )
    known = [use.proportional for use in found if use.proportional is not None]
    resident = sum(use.resident for use in found)
    number = sum(use.processes for use in found)
    table.add_row("sum", "", str(number), _size(resident), _size(sum(known) if known else None), style="bold")
    console.print(table)
    return 0


def _size(size: int | None) -> str:
    return "-" if size is None else f"{size / MEBIBYTE:,.0f}"
