"""Ports: the town's own, a free one, and who holds an occupied one."""

import os
import random
import socket
from dataclasses import dataclass

import psutil

from dev.trouble import Trouble

HOST = "127.0.0.1"
VARIABLE = "TOWNHALL_PORT"
DEFAULT = 8000
LOWEST = 1024  # below it a port needs root
HIGHEST = 65_495  # the last base whose ports all exist
FOR_TESTS = (20_000, 32_000, 40)  # below what systems hand out for outgoing connections
ALTERNATIVES = (9000, 10000)  # what the way out proposes
OFFSETS = {
    "gateway": 0,
    "address": 1,
    "payments": 2,
    "casework": 3,
    "mapping": 4,
    "identity": 5,
    "control": 6,
    "envoy-admin": 7,
    "upstream": 8,
    "service": 9,
    "nats": 22,
    "postgres": 32,
}


@dataclass(frozen=True)
class Ports:
    """The ports of one town, counted from `base`."""

    base: int

    def of(self, name: str) -> int:
        """The port of one process, by its name in OFFSETS."""
        return self.base + OFFSETS[name]


def chosen(base: int | None = None) -> Ports:
    """The town's ports: from `base`, else the environment's TOWNHALL_PORT, else 8000 and up."""
    text = str(base) if base is not None else os.environ.get(VARIABLE, "") or str(DEFAULT)
    if not text.isascii() or not text.isdigit() or not LOWEST <= int(text) <= HIGHEST:
        raise Trouble(
            f"{VARIABLE}={text} is no port a town can start at.",
            f"Choose a number from {LOWEST} to {HIGHEST}, for example `{VARIABLE}=9000 make run`.",
        )
    return Ports(int(text))


def free_port() -> int:
    """A port nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def free_base() -> Ports:
    """Ports for a whole town that nothing listens on at this moment."""
    for base in random.sample(range(*FOR_TESTS), len(range(*FOR_TESTS))):
        if not any(occupied(Ports(base).of(name)) for name in OFFSETS):
            return Ports(base)
    raise Trouble("No forty ports in a row are free on this machine.", "Stop what listens on so many.")


def occupied(port: int) -> bool:
    """Whether a server listening on `port` would be refused the address."""
    with socket.socket() as probe:
        # A connection of an earlier run that lingers in TIME_WAIT stops no server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def holder(port: int) -> str:
    """Which process listens on `port`, in words; empty when the machine does not tell."""
    try:
        listening = (c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN)
        pid = next((c.pid for c in listening if c.laddr and c.laddr.port == port), None)
        return f"{psutil.Process(pid).name()} (process {pid})" if pid else ""
    except psutil.Error:
        return ""


def require_free(ports: Ports, names: list[str]) -> None:
    """Trouble that names every occupied port, who holds it, and the way out."""
    taken = [
        f"port {ports.of(name)} ({name}) is held by {holder(ports.of(name)) or 'another process'}"
        for name in names
        if occupied(ports.of(name))
    ]
    if taken:
        other = next(base for base in ALTERNATIVES if base != ports.base)
        raise Trouble(
            f"Cannot start: {'; '.join(taken)}.",
            f"Stop that process, or start elsewhere: `{VARIABLE}={other} make run`.",
        )
