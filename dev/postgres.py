"""PostgreSQL 18 on one port of this machine, from the wheel, as whatever user we are.

>>> with postgres.running(Path("/some/folder")) as server:
...     server.url   # postgresql://postgres:...@127.0.0.1:PORT/postgres, a superuser's
"""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev import account, binaries, ports, processes
from dev.trouble import Trouble

SUPERUSER = "postgres"
START_WITHIN = 60.0  # seconds; crash recovery after a kill -9 is part of it
# `fast shutdown` closes connections and writes a checkpoint; `immediate` does neither.
FAST_SHUTDOWN = signal.SIGINT
IMMEDIATE_SHUTDOWN = signal.SIGQUIT

SETTINGS = {
    "listen_addresses": ports.HOST,
    "unix_socket_directories": "",
    "shared_buffers": "16MB",
    "max_connections": "200",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",  # no worker processes: what is read lies in the system's cache
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For tests, whose data nobody misses: no waiting for the disk.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Cluster:
    """Where a server's data and programs are, and how it is reached."""

    data: Path
    programs: Path
    port: int
    password: str
    owner: account.Account | None = None
    fast: bool = False

    @property
    def url(self) -> str:
        """The superuser's address."""
        return f"postgresql://{SUPERUSER}:{self.password}@{ports.HOST}:{self.port}/postgres"

    @property
    def home(self) -> Path:
        """The folder all of it lies in; the server's own log file too."""
        return self.data.parent


@dataclass(frozen=True)
class Server:
    """A running server: the superuser's `url`, its `port` and the process."""

    url: str
    port: int
    process: subprocess.Popen[bytes]


def cluster(directory: Path, port: int, password: str, *, fast: bool = False) -> Cluster:
    """Decide where the data of a cluster kept in `directory` lie and who runs it."""
    directory.mkdir(parents=True, exist_ok=True)
    programs = binaries.postgres_bin()
    owner = account.unprivileged()
    home = directory
    if owner is not None:
        if account.barrier(directory, owner):
            home = account.stand_in(directory)
        if any(account.barrier(path, owner) for path in _needed(programs)):
            programs = account.copy_programs(programs, account.stand_in(directory))
    return Cluster(home / "data", programs, port, password, owner, fast)


def _needed(programs: Path) -> list[Path]:
    """What the server reads of its installation."""
    installed, package = programs.parent, programs.parents[1]
    parts = (programs, programs / "postgres", installed / "lib", installed / "share")
    libraries = (package / ".dylibs", package.with_name(f"{package.name}.libs"))
    return [path for path in (*parts, *libraries) if path.exists()]


def create(made: Cluster) -> bool:
    """Make the data folder with `initdb` unless it is there; whether it was made now."""
    if (made.data / "PG_VERSION").exists():
        return False
    shutil.rmtree(made.data, ignore_errors=True)  # left half-made by an interrupted initdb
    made.data.mkdir(mode=0o700)
    password_file = made.home / "initdb-password"
    password_file.touch(mode=0o600)
    password_file.write_text(made.password)
    if made.owner:
        for path in (made.data, password_file):
            os.chown(path, made.owner.uid, made.owner.gid)
    try:
        _initdb(made, password_file)
    finally:
        password_file.unlink()
    return True


def _initdb(made: Cluster, password_file: Path) -> None:
    argv: list[str | Path] = [
        made.programs / "initdb", f"--pgdata={made.data}", f"--username={SUPERUSER}",
        f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync",
        # PostgreSQL's own collation: the same order on every system, no locale to be installed.
        "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        "--data-checksums" if not made.fast else "--no-data-checksums",
    ]  # fmt: skip
    log = made.home / "initdb.log"
    process = processes.start(argv, log, environment(), made.owner)
    if process.wait() != 0:
        shutil.rmtree(made.data, ignore_errors=True)
        raise Trouble("initdb failed:\n" + "\n".join(processes.last_lines(log)), f"The whole of it: {log}")


def command(made: Cluster) -> list[str]:
    """The command line of the server itself."""
    settings = SETTINGS | {"port": str(made.port)} | (FAST if made.fast else {})
    given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(made.programs / "postgres"), "-D", str(made.data), *given]


def ready(made: Cluster) -> bool:
    """Whether the server accepts connections."""
    argv = [str(made.programs / "pg_isready"), "-q", "-h", ports.HOST, "-p", str(made.port)]
    return subprocess.run(argv, env=environment(), check=False).returncode == 0


def environment() -> dict[str, str]:
    """No PG* variable of the person's own reaches the server."""
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}


@contextmanager
def running(directory: Path, port: int | None = None, *, fast: bool = True) -> Iterator[Server]:
    """A server of its own for a test run; stopped, and its data removed, at the end.

    Raises:
        Trouble: it does not start; with the last lines of its log.
    """
    made = cluster(directory, port or ports.free_port(), secrets.token_hex(16), fast=fast)
    create(made)
    log = directory / "postgres.log"
    process = processes.start(command(made), log, environment(), made.owner, farewell=IMMEDIATE_SHUTDOWN)
    try:
        if not processes.wait_until(lambda: ready(made), process, START_WITHIN):
            lines = "\n".join(processes.last_lines(log))
            raise Trouble(f"PostgreSQL did not start:\n{lines}", f"The whole of it: {log}")
        yield Server(made.url, made.port, process)
    finally:
        processes.stop(process, IMMEDIATE_SHUTDOWN)
        _remove(made, directory)


def _remove(made: Cluster, directory: Path) -> None:
    shutil.rmtree(made.data, ignore_errors=True)
    account.leave(directory)
