"""PostgreSQL 18 on one port of this machine, from the wheel, whether we are root or not.

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

from dev import binaries, disk, ports, processes, unix_user
from dev.errors import UserError
from dev.unix_user import UnixUser

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
    "io_method": "sync",  # no worker processes: reads come from the system's cache
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For tests, whose data may be lost: do not wait for the disk.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Cluster:
    """The folders of a server's data and programs, its port and its password."""

    data: Path
    programs: Path
    port: int
    password: str
    owner: UnixUser | None = None
    fast: bool = False

    @property
    def url(self) -> str:
        """Return the superuser's URL."""
        return f"postgresql://{SUPERUSER}:{self.password}@{ports.HOST}:{self.port}/postgres"

    @property
    def home(self) -> Path:
        """Return the folder of everything, the server's own log too."""
        return self.data.parent


@dataclass(frozen=True)
class Server:
    """A running server: the superuser's `url`, its `port` and the process."""

    url: str
    port: int
    process: subprocess.Popen[bytes]


def describe_cluster(directory: Path, port: int, password: str, *, fast: bool = False) -> Cluster:
    """Decide where the data for `directory` lie, and which user runs the server."""
    directory.mkdir(parents=True, exist_ok=True)
    programs = binaries.postgres_bin()
    owner = unix_user.find_unprivileged()
    home = directory
    if owner is not None:
        if unix_user.find_barrier(directory, owner):
            home = unix_user.use_fallback(directory)
        if any(unix_user.find_barrier(path, owner) for path in _required_paths(programs)):
            programs = unix_user.copy_programs(programs, unix_user.use_fallback(directory))
    return Cluster(home / "data", programs, port, password, owner, fast)


def _required_paths(programs: Path) -> list[Path]:
    """Return the parts of the installation that the server reads."""
    installation, package = programs.parent, programs.parents[1]
    parts = (programs, programs / "postgres", installation / "lib", installation / "share")
    libraries = (package / ".dylibs", package.with_name(f"{package.name}.libs"))
    return [path for path in (*parts, *libraries) if path.exists()]


def create(cluster: Cluster) -> bool:
    """Create the data folder with `initdb`; return False if it is there already."""
    if (cluster.data / "PG_VERSION").exists():
        return False
    shutil.rmtree(cluster.data, ignore_errors=True)  # an interrupted initdb leaves a part
    cluster.data.mkdir(mode=0o700)
    password_file = cluster.home / "initdb-password"
    password_file.touch(mode=0o600)
    password_file.write_text(cluster.password)
    if cluster.owner:
        for path in (cluster.data, password_file):
            os.chown(path, cluster.owner.uid, cluster.owner.gid)
    try:
        _initdb(cluster, password_file)
    finally:
        password_file.unlink()
    return True


def _initdb(cluster: Cluster, password_file: Path) -> None:
    argv: list[str | Path] = [
        cluster.programs / "initdb", f"--pgdata={cluster.data}", f"--username={SUPERUSER}",
        f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync",
        # PostgreSQL's own collation: the same order on every system, no locale to be installed.
        "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        "--data-checksums" if not cluster.fast else "--no-data-checksums",
    ]  # fmt: skip
    log = cluster.home / "initdb.log"
    process = processes.start(argv, log, environment(), cluster.owner)
    if process.wait() != 0:
        shutil.rmtree(cluster.data, ignore_errors=True)
        lines = "\n".join(processes.last_lines(log))
        if disk.is_full([lines]):
            raise disk.full_error(cluster.home, "initdb")
        raise UserError(f"initdb failed:\n{lines}", f"The whole log: {log}")


def command(cluster: Cluster) -> list[str]:
    """Return the server's command line."""
    settings = SETTINGS | {"port": str(cluster.port)} | (FAST if cluster.fast else {})
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(cluster.programs / "postgres"), "-D", str(cluster.data), *options]


def is_ready(cluster: Cluster) -> bool:
    """Check whether the server accepts connections."""
    argv = [str(cluster.programs / "pg_isready"), "-q", "-h", ports.HOST, "-p", str(cluster.port)]
    return subprocess.run(argv, env=environment(), check=False).returncode == 0


def environment() -> dict[str, str]:
    """Return the server's environment, without the person's own PG* variables."""
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}


@contextmanager
def running(directory: Path, port: int | None = None, *, fast: bool = True) -> Iterator[Server]:
    """Run a server for a test run; stop it, and remove its data, at the end.

    Raises UserError if it does not start, with the last lines of its log.
    """
    cluster = describe_cluster(directory, port or ports.free_port(), secrets.token_hex(16), fast=fast)
    create(cluster)
    log = directory / "postgres.log"
    process = processes.start(command(cluster), log, environment(), cluster.owner, IMMEDIATE_SHUTDOWN)
    try:
        if not processes.wait_until(lambda: is_ready(cluster), process, START_WITHIN):
            lines = "\n".join(processes.last_lines(log))
            raise UserError(f"PostgreSQL did not start:\n{lines}", f"The whole log: {log}")
        yield Server(cluster.url, cluster.port, process)
    finally:
        processes.stop(process, IMMEDIATE_SHUTDOWN)
        _remove(cluster, directory)


def _remove(cluster: Cluster, directory: Path) -> None:
    shutil.rmtree(cluster.data, ignore_errors=True)
    unix_user.remove_fallback(directory)
