"""The ports of a stack, free ports, and the holders of occupied ones."""

import os
import random
import socket
from dataclasses import dataclass

import psutil

from dev.errors import UserError

HOST = "127.0.0.1"
VARIABLE = "TOWNHALL_PORT"
DEFAULT = 8000
LOWEST = 1024  # below it a port needs root
HIGHEST = 65_495  # the last base whose ports all exist
FOR_TESTS = (20_000, 32_000, 40)  # below the ports that systems use for outgoing connections
ALTERNATIVES = (9000, 10000)  # bases that an error message proposes
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
    "demo-service": 9,
    "card-processor": 10,
    "address-worker": 11,
    "payments-worker": 12,
    "casework-worker": 13,
    "mapping-worker": 14,
    "identity-worker": 15,
    "direct-debit": 16,
    "resident": 17,
    "resident-worker": 18,
    "suppliers": 19,
    "nats": 22,
    "postgres": 32,
}


@dataclass(frozen=True)
class Ports:
    """The ports of one stack, counted from `base`."""

    base: int

    def of(self, name: str) -> int:
        """Return the port of one process, by its name in OFFSETS."""
        return self.base + OFFSETS[name]


def choose_ports(base: int | None = None) -> Ports:
    """Return the ports from `base`, else from the environment's TOWNHALL_PORT, else from 8000."""
    text = str(base) if base is not None else os.environ.get(VARIABLE, "") or str(DEFAULT)
    if not text.isascii() or not text.isdigit() or not LOWEST <= int(text) <= HIGHEST:
        raise UserError(
            f"{VARIABLE}={text} is not a port that Townhall can start at.",
            f"Choose a number from {LOWEST} to {HIGHEST}, for example `{VARIABLE}=9000 make run`.",
        )
    return Ports(int(text))


def free_port() -> int:
    """Return a port on which nothing listens at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def free_ports() -> Ports:
    """Return ports for a whole stack on which nothing listens at this moment."""
    for base in random.sample(range(*FOR_TESTS), len(range(*FOR_TESTS))):
        if not any(is_occupied(Ports(base).of(name)) for name in OFFSETS):
            return Ports(base)
    raise UserError("No forty ports in a row are free on this machine.", "Stop what listens on so many.")


def is_occupied(port: int) -> bool:
    """Check whether a server could not listen on `port`."""
    with socket.socket() as probe:
        # A connection of an earlier run that lingers in TIME_WAIT stops no server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def describe_holder(port: int) -> str:
    """Return the name and id of the process that listens on `port`; empty if the system does not say."""
    try:
        listening = (c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN)
        pid = next((c.pid for c in listening if c.laddr and c.laddr.port == port), None)
        return f"{psutil.Process(pid).name()} (process {pid})" if pid else ""
    except psutil.Error:
        return ""


def require_free(ports: Ports, names: list[str]) -> None:
    """Raise UserError if ports are occupied; it names each of them and its holder."""
    occupied = [
        f"port {ports.of(name)} ({name}) is held by {describe_holder(ports.of(name)) or 'another process'}"
        for name in names
        if is_occupied(ports.of(name))
    ]
    if occupied:
        alternative = next(base for base in ALTERNATIVES if base != ports.base)
        raise UserError(
            f"Cannot start: {'; '.join(occupied)}.",
            f"Stop that process, or use other ports: `{VARIABLE}={alternative} make run`.",
        )
