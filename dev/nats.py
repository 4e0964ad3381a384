"""NATS with JetStream on one port of this machine, from the wheel.

>>> with nats.running(Path("/some/folder")) as server:
...     server.url   # nats://127.0.0.1:PORT
"""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev import binaries, ports, processes
from dev.errors import UserError

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


def configure(directory: Path, port: int, accounts: str = "") -> Path:
    """Write the server's configuration with the accounts of `chassis.broker`. The events lie beside it.

    Acknowledged messages survive the server's death at once, as the kernel has them, and a power
    failure after `sync_interval`. Syncing every message would cost nine tenths of the throughput
    on a laptop's disk; a cluster gets that safety from its replicas.
    """
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "nats.conf"
    text = CONFIGURATION.format(host=ports.HOST, port=port, store=directory / "store")
    file.write_text(text + accounts)
    return file


def command(configuration: Path) -> list[str]:
    """Return the server's command line."""
    return [str(binaries.nats_server()), "--config", str(configuration)]


def environment() -> dict[str, str]:
    """Return the server's environment: its garbage collector works harder above 64 MiB."""
    return {"PATH": os.environ.get("PATH", ""), "GOMEMLIMIT": "64MiB"}


def url(port: int) -> str:
    """Return the URL for clients."""
    return f"nats://{ports.HOST}:{port}"


def is_ready(port: int) -> bool:
    """Check whether the server greets a client and has JetStream."""
    try:
        with socket.create_connection((ports.HOST, port), timeout=1) as connection:
            greeting = connection.recv(4096)
    except OSError:
        return False
    return greeting.startswith(b"INFO") and b'"jetstream":true' in greeting.replace(b" ", b"")


@contextmanager
def running(directory: Path, port: int | None = None, accounts: str = "") -> Iterator[Server]:
    """Run a server for a test run; stop it, and remove its events, at the end.

    Raises UserError if it does not start, with the last lines of its log.
    """
    number = port or ports.free_port()
    log = directory / "nats.log"
    argv = command(configure(directory, number, accounts))
    process = processes.start(argv, log, environment())
    try:
        if not processes.wait_until(lambda: is_ready(number), process, START_WITHIN):
            lines = "\n".join(processes.last_lines(log))
            raise UserError(f"NATS did not start:\n{lines}", f"The whole log: {log}")
        yield Server(url(number), number, process)
    finally:
        processes.stop(process)
        shutil.rmtree(directory / "store", ignore_errors=True)


def reload(process: subprocess.Popen[bytes]) -> None:
    """Have the server read its configuration again: new users come, removed ones are put out."""
    process.send_signal(signal.SIGHUP)
