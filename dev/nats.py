"""NATS with JetStream on one port of this machine, from the wheel.

>>> with nats.running(Path("/some/folder")) as server:
...     server.url   # nats://127.0.0.1:PORT
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev import binaries, ports, processes
from dev.trouble import Trouble

START_WITHIN = 30.0  # seconds
CONFIGURATION = """\
listen: "{host}:{port}"
server_name: "townhall"
jetstream {{
  store_dir: "{store}"
  max_memory_store: 64MB
  max_file_store: 4GB
  sync_interval: "1s"
}}
"""


@dataclass(frozen=True)
class Server:
    """A running server: its `url`, `port` and the process."""

    url: str
    port: int
    process: subprocess.Popen[bytes]


def configure(directory: Path, port: int) -> Path:
    """Write the server's configuration; the events themselves are kept beside it.

    What the server has acknowledged survives its own death at once (the kernel holds it) and
    a power failure after `sync_interval`. Syncing every message would cost nine tenths of the
    throughput of a laptop's disk; a cluster gets that safety from its replicas.
    """
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "nats.conf"
    file.write_text(CONFIGURATION.format(host=ports.HOST, port=port, store=directory / "store"))
    return file


def command(configuration: Path) -> list[str]:
    """The command line of the server itself."""
    return [str(binaries.nats_server()), "--config", str(configuration)]


def environment() -> dict[str, str]:
    """The server's environment: the garbage collector works harder above 64 MiB."""
    return {"PATH": os.environ.get("PATH", ""), "GOMEMLIMIT": "64MiB"}


def url(port: int) -> str:
    """The address clients are given."""
    return f"nats://{ports.HOST}:{port}"


def ready(port: int) -> bool:
    """Whether the server greets a client and has JetStream."""
    try:
        with socket.create_connection((ports.HOST, port), timeout=1) as connection:
            greeting = connection.recv(4096)
    except OSError:
        return False
    return greeting.startswith(b"INFO") and b'"jetstream":true' in greeting.replace(b" ", b"")


@contextmanager
def running(directory: Path, port: int | None = None) -> Iterator[Server]:
    """A server of its own for a test run; stopped, and its events removed, at the end.

    Raises:
        Trouble: it does not start; with the last lines of its log.
    """
    number = port or ports.free_port()
    log = directory / "nats.log"
    argv = command(configure(directory, number))
    process = processes.start(argv, log, environment())
    try:
        if not processes.wait_until(lambda: ready(number), process, START_WITHIN):
            lines = "\n".join(processes.last_lines(log))
            raise Trouble(f"NATS did not start:\n{lines}", f"The whole of it: {log}")
        yield Server(url(number), number, process)
    finally:
        processes.stop(process)
        shutil.rmtree(directory / "store", ignore_errors=True)
