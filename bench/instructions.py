"""Instructions of a server, counted by callgrind (valgrind): the same to within 0.2 % on a busy machine.

CPU time wanders by 7 % there, which is as much as a filter of Envoy's costs.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from bench.load_generator import LoadPlan
from bench.measurement import run_load, server

REQUESTS = 100
_WARM_UP = 25  # requests until nothing is made for the first time any more
_TOTALS = re.compile(r"^totals: (\d+)", re.MULTILINE)


def is_available() -> bool:
    """Check whether valgrind is on this machine."""
    return shutil.which("valgrind") is not None


@dataclass
class CountedServer:
    """A server under callgrind. ``folder`` is where its counts are written."""

    process: psutil.Process
    folder: Path

    def count(self, plan: LoadPlan) -> float:
        """Count the instructions of a request, in the thread that answered it."""
        run_load(replace(plan, requests=_WARM_UP, connections=1))
        self.control("--zero")
        run_load(replace(plan, requests=REQUESTS, connections=1))
        earlier = set(self.folder.iterdir())
        self.control("--dump")
        totals = [int(count) for file in set(self.folder.iterdir()) - earlier for count in _find_totals(file)]
        return max(totals) / REQUESTS

    def control(self, *options: str) -> None:
        """Send callgrind a command."""
        argv = ["callgrind_control", *options, str(self.process.pid)]
        subprocess.run(argv, check=True, capture_output=True, timeout=60)


def _find_totals(file: Path) -> list[str]:
    return _TOTALS.findall(file.read_text(errors="replace"))


@contextmanager
def counted_server(
    argv: Sequence[str], environment: Mapping[str, str], port: int, ready_path: str, folder: Path
) -> Iterator[CountedServer]:
    """Run a server under callgrind; it counts from here on. ``folder`` must be empty."""
    folder.mkdir(parents=True)
    options = ["--tool=callgrind", "--instr-atstart=no", "--separate-threads=yes"]
    options.append(f"--callgrind-out-file={folder / 'count'}")
    with server(["valgrind", *options, *argv], environment, port, ready_path) as process:
        counted = CountedServer(process, folder)
        counted.control("--instr=on")
        yield counted
